import { lstat, mkdtemp, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { typedFault } from './local-fault.js';
import { isOver, thisProcess, type ProcessIdentity } from './process-identity.js';

/** The owner stands in the name, so that whoever finds a folder can tell whether it is still worked in. */
const NAME = /^vsl-media-(\d+)-(\d+)-(\d+)-\w{6}$/;

/** Where the owner cannot be looked at, a folder untouched for longer than any run takes is taken for left. */
const LONGEST_RUN_MS = 24 * 3_600_000;

/** The private folders in which media is worked on, and what a killed process leaves of them. */
export class TemporaryFolders {
  private readonly parent: string;

  /** `parent` is the system's temporary directory when absent. */
  constructor(parent = tmpdir()) {
    this.parent = resolve(parent);
  }

  /** Makes a folder that only this user may enter; its maker removes it. */
  async make(): Promise<string> {
    const { namespace, pid, startedTicks } = thisProcess();
    const prefix = join(this.parent, `vsl-media-${namespace}-${pid}-${startedTicks}-`);
    return mkdtemp(prefix).catch((error: unknown) => Promise.reject(typedFault(error) as Error));
  }

  /** Kills what still works in the folders of dead processes, then removes those; returns how many. */
  async sweep(): Promise<number> {
    const left: string[] = [];
    for (const entry of await readdir(this.parent, { withFileTypes: true })) {
      const path = join(this.parent, entry.name);
      if (entry.isDirectory() && (await isLeft(entry.name, path))) left.push(path);
    }
    if (left.length > 0) await killWorkersIn(left);
    for (const path of left) await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return left.length;
  }
}

async function isLeft(name: string, path: string): Promise<boolean> {
  const owner = ownerOf(name);
  const found = owner && (await lstat(path).catch(() => undefined));
  if (!found || found.uid !== process.getuid?.()) return false;
  return isOver(owner) ?? Date.now() - found.mtimeMs > LONGEST_RUN_MS;
}

function ownerOf(name: string): ProcessIdentity | undefined {
  const [namespace, pid, startedTicks] = NAME.exec(name)?.slice(1).map(Number) ?? [];
  return namespace === undefined || pid === undefined || startedTicks === undefined
    ? undefined
    : { namespace, pid, startedTicks };
}

/** FFmpeg runs in a folder or below it; having lost its parent it would go on until its media ends. Linux tells where it is. */
async function killWorkersIn(folders: string[]): Promise<void> {
  const places = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (places.some((place) => `${directory}${sep}`.startsWith(place + sep))) kill(Number(pid));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
