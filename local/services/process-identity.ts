import { readFileSync } from 'node:fs';

/** Names one process among all that ever had its pid: where the system tells it, by its start time too. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string | undefined;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startTime(pid) };
}

/** Whether this very process still runs (a zombie does not). */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startedAt === startTime(pid);
}

/** Clock ticks from boot to the start of the process (proc(5), field 22 of stat); undefined off Linux or for a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}
