import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { builtModule } from './built-tree.js';
import type { Environment } from './environment.js';
import { keptProcess } from './kept-process.js';
import { startError, withLogFile } from './services/service-log.js';
import { serviceProcess, type ServiceProcess } from './services/service-process.js';
import type { Stack } from './stack.js';

const MODULES = { migrate: 'src/migrate.js', api: 'src/main.js', worker: 'src/worker.js' };
const READY_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 20_000;

type Role = keyof typeof MODULES;

export interface AppOptions {
  stack: Stack;
  /** The user's variables; those of the stack come on top. */
  env: Environment;
  /** Folder of the processes' logs; without it they go to the terminal, each line with its process's name. */
  logDir?: string;
  /** Starts a process again that ends unasked, and tells it. */
  keep?: (sentence: string) => void;
}

/** A migrated database, an API and a worker. */
export interface RunningApp {
  /** The API's base URL. */
  url: string;
  /** Resolves when the API or the worker ends unasked, with a sentence that says which and how. */
  died: Promise<string>;
  /** Lets both finish what they do (20 s at most). */
  stop(): Promise<void>;
  kill(): void;
}

/** Migrates, starts API and worker on the stack, and waits until the API answers that it is ready. */
export async function startApp(options: AppOptions & { port: number }): Promise<RunningApp> {
  const { port, env } = options;
  await runMigrations(options);
  const url = `http://${reachableHost(env.HOST)}:${port}`;
  const appEnv = { ...env, PORT: String(port), WEBHOOK_BASE_URL: env.WEBHOOK_BASE_URL || url };
  const processes = (['api', 'worker'] as const).map((role) => start(role, { ...options, env: appEnv }));
  const died = Promise.race(
    processes.map(({ name, ended }) => ended.then((how) => `The ${name} ended (${how})`)),
  );
  const app: RunningApp = {
    url,
    died,
    stop: async () => {
      await Promise.all(processes.map((process) => process.stop(DRAIN_TIMEOUT_MS)));
    },
    kill: () => processes.forEach((process) => process.kill()),
  };
  const failure = await Promise.race([died, untilReady(url)]);
  if (failure === undefined) return app;
  await app.stop();
  throw new Error(failure);
}

/** Brings the stack's database up to date; rejects with the last lines of its output when that fails. */
export async function runMigrations(options: AppOptions): Promise<void> {
  const how = await run('migrate', options).ended;
  if (how === 'exit code 0') return;
  throw options.logDir
    ? startError('The migration', how, join(options.logDir, 'migrate.log'))
    : new Error(`The migration failed (${how})`);
}

function start(role: Role, options: AppOptions): ServiceProcess {
  return options.keep ? keptProcess(() => run(role, options), options.keep) : run(role, options);
}

function run(role: Role, { stack, env, logDir }: AppOptions): ServiceProcess {
  const args = ['--enable-source-maps', builtModule(MODULES[role])];
  const options = { detached: true, env: { ...env, ...stack.env, PORT: env.PORT } };
  if (logDir !== undefined) {
    const child = withLogFile(join(logDir, `${role}.log`), (fd) =>
      spawn(process.execPath, args, { ...options, stdio: ['ignore', fd, fd] }),
    );
    return serviceProcess(role, child, 'SIGTERM', stack.watchdog);
  }
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) =>
      process.stdout.write(`${role.padEnd(7)} ${line}\n`),
    );
  }
  return serviceProcess(role, child, 'SIGTERM', stack.watchdog);
}

/** Resolves to undefined once `/health/ready` answers 200, else to what it said last. */
async function untilReady(url: string): Promise<string | undefined> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      if (answer.ok) return undefined;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(50);
  }
  return `The API is not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`;
}

/** An API that listens on every address is asked on the loopback one. */
function reachableHost(host: string | undefined): string {
  return host && !['0.0.0.0', '::'].includes(host) ? host : '127.0.0.1';
}
