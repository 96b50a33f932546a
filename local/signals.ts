import { constants } from 'node:os';

type Signal = 'SIGINT' | 'SIGTERM';

/**
 * Takes SIGINT and SIGTERM over. They end this process at once, and its watchdog what it had started, until the
 * returned function is told what to do instead. Without this a signal could come between the start of a child and
 * the moment the watchdog knows of it.
 */
export function takeSignals(): (act: (signal: Signal) => void) => void {
  let react = (signal: Signal): void => process.exit(128 + constants.signals[signal]);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => react(signal));
  return (act) => {
    react = act;
  };
}
