import type { ServiceProcess } from './services/service-process.js';

const WINDOW_MS = 60_000;
const MOST_RESTARTS = 5;

/** A process that fails so soon after its start would only tell its wrong set-up again. */
const START_UP_MS = 10_000;

/**
 * A process that is started again when it ends unasked, as an orchestrator would; `ended` resolves when it was asked to
 * stop, gave up while it started, or has ended more than five times within a minute.
 */
export function keptProcess(start: () => ServiceProcess, report: (sentence: string) => void): ServiceProcess {
  let current = start();
  let startedMs = performance.now();
  const restarts: number[] = [];
  const keep = async (): Promise<string> => {
    for (;;) {
      const how = await current.ended;
      if (current.stopping) return how;
      const nowMs = performance.now();
      if (how === 'exit code 1' && nowMs - startedMs < START_UP_MS) return how;
      while (restarts.length > 0 && nowMs - restarts[0]! > WINDOW_MS) restarts.shift();
      if (restarts.length === MOST_RESTARTS) return how;
      restarts.push(nowMs);
      report(`The ${current.name} ended (${how}): it is started again.`);
      current = start();
      startedMs = nowMs;
    }
  };
  return {
    name: current.name,
    get pid() {
      return current.pid;
    },
    ended: keep(),
    get stopping() {
      return current.stopping;
    },
    stop: (timeoutMs) => current.stop(timeoutMs),
    kill: () => current.kill(),
  };
}
