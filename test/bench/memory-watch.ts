import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredProcess } from './measured-process.js';

const SAMPLE_MS = 20;

/** Looks at a process's resident memory until told to stop, and tells the most it saw, in bytes. */
export function watchMemory(process: MeasuredProcess): { stop(): Promise<number> } {
  let peak = 0;
  let watching = true;
  const watch = async () => {
    while (watching) {
      peak = Math.max(peak, await residentBytes(process));
      await sleep(SAMPLE_MS);
    }
    return peak;
  };
  const watched = watch();
  return {
    stop: () => {
      watching = false;
      return watched;
    },
  };
}

/** From /proc where there is one, so that a busy process need not answer. */
export async function residentBytes(process: MeasuredProcess): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? (await process.usage()).residentBytes : Number(kilobytes) * 1024;
}
