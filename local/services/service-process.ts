import type { ChildProcess } from 'node:child_process';
import type { Watchdog } from './watchdog.js';

const STOP_TIMEOUT_MS = 5_000;

/** A running child process. */
export interface ServiceProcess {
  name: string;
  /** Undefined when it could not be spawned. */
  pid: number | undefined;
  /** Resolves when it has ended, however that came, with the way it ended: `exit code 1`, `signal SIGKILL`. */
  ended: Promise<string>;
  /** True once it was asked to stop: its end is then no surprise. */
  readonly stopping: boolean;
  /** Asks it to stop, kills it after `timeoutMs` (5 s), and waits for its end. */
  stop(timeoutMs?: number): Promise<void>;
  kill(): void;
}

/** Watches over a child that was just spawned; `stopSignal` is how it is asked to stop. */
export function serviceProcess(
  name: string,
  child: ChildProcess,
  stopSignal: 'SIGTERM' | 'SIGINT',
  watchdog: Watchdog,
): ServiceProcess {
  if (child.pid !== undefined) watchdog.watch(child.pid, stopSignal === 'SIGINT' ? 'INT' : 'TERM');
  let over = false;
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  void ended.then(() => {
    over = true;
  });

  const kill = () => {
    if (!over) child.kill('SIGKILL');
  };
  return {
    name,
    pid: child.pid,
    ended,
    get stopping() {
      return stopping;
    },
    kill,
    async stop(timeoutMs = STOP_TIMEOUT_MS) {
      stopping = true;
      if (over) return;
      child.kill(stopSignal);
      const timer = setTimeout(kill, timeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
