import { closeSync, openSync, readFileSync } from 'node:fs';

const TAIL_LINES = 8;

/** Hands an emptied log file's descriptor to `use` and closes it after: a spawned child keeps its own copy. */
export function withLogFile<T>(file: string, use: (fd: number) => T): T {
  const fd = openSync(file, 'w', 0o600);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** An error that says how a service ended at start, with the last lines of its log. */
export function startError(name: string, how: string, logFile: string): Error {
  return new Error(`${name} did not start: ${how}\n${indent(logTail(logFile))}\n  (log: ${logFile})`);
}

/** The last lines of a log file; empty when there is none. */
export function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  } catch {
    return '';
  }
}

const indent = (text: string) => text.replace(/^/gm, '  ');
