import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { forkService } from './fork-service.js';
import { freePort } from './free-port.js';
import { findRedisServer } from './redis-server-path.js';
import { logTail, startError, withLogFile } from './service-log.js';
import { serviceProcess, type ServiceProcess } from './service-process.js';
import type { Watchdog } from './watchdog.js';

const READY_TIMEOUT_MS = 20_000;
const ATTEMPTS = 3;

/** A Redis of our own on 127.0.0.1; `inMemory` when only the JavaScript one could be had, which forgets at its end. */
export interface EmbeddedRedis {
  process: ServiceProcess;
  url: string;
  inMemory: boolean;
}

interface RedisOptions {
  dataDir: string;
  logFile: string;
  watchdog: Watchdog;
  env: Record<string, string | undefined>;
}

/** Starts the best Redis this machine has on a free port; a real one keeps its data in `dataDir` (AOF). */
export async function startRedis(options: RedisOptions): Promise<EmbeddedRedis> {
  const program = await findRedisServer(options.env);
  if (!program) {
    const { process, port } = await forkService('redis-fallback', {}, options);
    return { process, url: `redis://127.0.0.1:${port}`, inMemory: true };
  }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const outcome = await tryStart(program, port, options);
    if (typeof outcome !== 'string')
      return { process: outcome, url: `redis://127.0.0.1:${port}`, inMemory: false };
    const portTaken = logTail(options.logFile).includes('Address already in use');
    if (!portTaken || attempt === ATTEMPTS) throw startError('Redis', outcome, options.logFile);
  }
}

/** The running server, or how it failed. */
async function tryStart(
  program: string,
  port: number,
  options: RedisOptions,
): Promise<ServiceProcess | string> {
  const child = withLogFile(options.logFile, (fd) =>
    spawn(program, serverFlags(port, options.dataDir), {
      cwd: options.dataDir,
      detached: true,
      stdio: ['ignore', fd, fd],
    }),
  );
  const service = serviceProcess('Redis', child, 'SIGTERM', options.watchdog);
  let over = false;
  const failure = await Promise.race([
    service.ended.then((how) => {
      over = true;
      return how;
    }),
    answers(port, () => over),
  ]);
  if (failure === undefined) return service;
  await service.stop();
  return failure;
}

function serverFlags(port: number, dataDir: string): string[] {
  const flags = {
    port,
    bind: '127.0.0.1',
    dir: dataDir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}

/** Resolves to undefined once the server has loaded its data and answers, else to what is wrong. */
async function answers(port: number, isOver: () => boolean): Promise<string | undefined> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline && !isOver()) {
    if (await ping(port)) return undefined;
    await sleep(20);
  }
  return `no answer within ${READY_TIMEOUT_MS / 1000} s`;
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 }, () => socket.write('PING\r\n'));
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('data', (data) => settle(data.toString().startsWith('+PONG')));
    socket.on('error', () => settle(false));
    socket.on('timeout', () => settle(false));
  });
}
