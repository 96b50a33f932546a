import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity } from './services/process-identity.js';

const HANDOVER_TIMEOUT_MS = 10_000;

interface Lock {
  supervisor: ProcessIdentity;
  watchdog: ProcessIdentity;
}

/**
 * Makes this process the only supervisor of `dataDir`; throws when another one runs. The watchdog of a supervisor
 * that was killed may still be ending its services: then this waits, so that no two servers share one folder.
 * Returns the function that gives the folder back.
 */
export async function lockDataDir(dataDir: string, watchdogPid: number): Promise<() => void> {
  const file = join(dataDir, 'supervisor.lock');
  const lock: Lock = { supervisor: identityOf(process.pid), watchdog: identityOf(watchdogPid) };
  const deadline = Date.now() + HANDOVER_TIMEOUT_MS;
  while (!createFile(file, JSON.stringify(lock))) {
    const holder = readLock(file);
    if (holder && isRunning(holder.supervisor))
      throw new Error(alreadyRunning(dataDir, holder.supervisor.pid));
    const ending = holder !== undefined && isRunning(holder.watchdog);
    if (ending && Date.now() < deadline) await sleep(50);
    else rmSync(file, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function alreadyRunning(dataDir: string, pid: number): string {
  return (
    `A local stack already runs on ${dataDir} (process ${pid}): ` +
    `stop it, or set LOCAL_DATA_DIR to another folder`
  );
}

function createFile(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The lock's holder; undefined for a file that was never completed. */
function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}
