import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.js';
import { preparePostgresFiles, type PostgresFiles } from './postgres-files.js';
import { logTail, startError, withLogFile } from './service-log.js';
import { serviceProcess, type ServiceProcess } from './service-process.js';
import type { Watchdog } from './watchdog.js';

const USER = 'app';
const DATABASE = 'vsl_media';
const READY_TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;

/** A PostgreSQL of our own on 127.0.0.1. */
export interface EmbeddedPostgres {
  process: ServiceProcess;
  url: string;
}

interface PostgresOptions {
  dataDir: string;
  logFile: string;
  watchdog: Watchdog;
}

/** Starts PostgreSQL on a free port, with its data below `dataDir`; makes the cluster and the database if absent. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const files = preparePostgresFiles(options.dataDir);
  if (!existsSync(join(files.dataDir, 'PG_VERSION'))) await createCluster(files, options);
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryStart(files, await freePort(), options);
    if (typeof outcome !== 'string') return outcome;
    const portTaken = logTail(options.logFile).includes('could not bind');
    if (!portTaken || attempt === ATTEMPTS) throw startError('PostgreSQL', outcome, options.logFile);
  }
}

async function createCluster(files: PostgresFiles, { logFile, watchdog }: PostgresOptions): Promise<void> {
  // An interrupted initdb leaves this folder only; the complete one gets its name at the end.
  const unfinished = `${files.dataDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (files.user) chownSync(unfinished, files.user.uid, files.user.gid);
  const settings = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  const child = run(files, 'initdb', ['-D', unfinished, '-U', USER, ...settings], logFile);
  const how = await serviceProcess('initdb', child, 'SIGINT', watchdog).ended;
  if (how !== 'exit code 0') throw startError('PostgreSQL (initdb)', how, logFile);
  renameSync(unfinished, files.dataDir);
}

/** The running server, or how it failed. */
async function tryStart(
  files: PostgresFiles,
  port: number,
  { logFile, watchdog }: PostgresOptions,
): Promise<EmbeddedPostgres | string> {
  const child = run(files, 'postgres', ['-D', files.dataDir, '-p', `${port}`, ...serverSettings()], logFile);
  const service = serviceProcess('PostgreSQL', child, 'SIGINT', watchdog);
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  const how = await Promise.race([
    service.ended,
    ensureDatabase(port, AbortSignal.any([deadline, endOf(service)])).catch(
      (error: unknown) => (error as Error).message,
    ),
  ]);
  if (how === undefined) return { process: service, url: `postgres://${USER}@127.0.0.1:${port}/${DATABASE}` };
  await service.stop();
  return how;
}

function serverSettings(): string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_buffers=32MB',
    'max_connections=200',
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

function run(files: PostgresFiles, program: string, args: string[], logFile: string) {
  return withLogFile(logFile, (fd) =>
    spawn(join(files.binDir, program), args, {
      // A working directory every user may enter: "nobody" may not enter ours.
      cwd: '/',
      detached: true,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', fd, fd],
      ...files.user,
    }),
  );
}

/** Resolves once the server takes connections and has our database; rejects with its last answer on `signal`. */
async function ensureDatabase(port: number, signal: AbortSignal): Promise<undefined> {
  for (;;) {
    try {
      return await createDatabase(port);
    } catch (error) {
      if (signal.aborted) throw error;
      await sleep(25);
    }
  }
}

async function createDatabase(port: number): Promise<undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: USER,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
  return undefined;
}

function endOf(service: ServiceProcess): AbortSignal {
  const controller = new AbortController();
  void service.ended.then(() => controller.abort());
  return controller.signal;
}
