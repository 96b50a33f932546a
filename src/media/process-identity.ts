import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A process told apart from all that ever have its number: the namespace its number counts in, and when it began. Only
 * Linux says so; elsewhere both are 0.
 */
export interface ProcessIdentity {
  /** Inode number of the process-id namespace. */
  namespace: number;
  pid: number;
  /** Clock ticks from the boot to its start. */
  startedTicks: number;
}

export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  const namespace = namespaceNumber();
  return { namespace, pid, startedTicks: namespace === 0 ? 0 : (startedTicks(pid) ?? 0) };
}

/** Whether the process is over; undefined when that cannot be told from here. */
export function isOver({ namespace, pid, startedTicks: started }: ProcessIdentity): boolean | undefined {
  if (namespace === 0 || namespace !== namespaceNumber()) return undefined;
  try {
    return startedTicks(pid) !== started;
  } catch {
    return undefined;
  }
}

function namespaceNumber(): number {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Field 22 of `/proc/{pid}/stat`; the program's name before it may hold spaces and brackets. Undefined when there is no
 * such process, or it has ended and only its parent has not noticed.
 */
function startedTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
