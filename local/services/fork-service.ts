import { fork, type ChildProcess } from 'node:child_process';
import { builtModule } from '../built-tree.js';
import { startError, withLogFile } from './service-log.js';
import { serviceProcess, type ServiceProcess } from './service-process.js';
import type { Watchdog } from './watchdog.js';

const READY_TIMEOUT_MS = 20_000;

/** A service that runs as a Node process of its own on `127.0.0.1:port`. */
export interface ForkedService {
  process: ServiceProcess;
  port: number;
}

/**
 * Forks `dist/local/<name>/main.js` with its options as one JSON argument and waits until it sends `{ port }`.
 * Its output goes to `logFile`. Rejects, with the log's last lines, when it ends before or is silent for 20 s.
 */
export async function forkService(
  name: string,
  options: object,
  { logFile, watchdog }: { logFile: string; watchdog: Watchdog },
): Promise<ForkedService> {
  const child = withLogFile(logFile, (fd) =>
    fork(builtModule(`local/${name}/main.js`), [JSON.stringify(options)], {
      detached: true,
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', fd, fd, 'ipc'],
    }),
  );
  const service = serviceProcess(name, child, 'SIGTERM', watchdog);
  const port = await Promise.race([reportedPort(child), service.ended, silence()]);
  if (typeof port === 'number') return { process: service, port };
  service.kill();
  throw startError(name, port, logFile);
}

function reportedPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (message && typeof message === 'object' && 'port' in message) resolve(Number(message.port));
    });
  });
}

function silence(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(resolve, READY_TIMEOUT_MS, `no port within ${READY_TIMEOUT_MS / 1000} s`).unref();
  });
}
