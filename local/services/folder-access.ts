import { createHash } from 'node:crypto';
import { chownSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** PostgreSQL refuses to run as root: a root supervisor runs it as "nobody". */
export const NOBODY = 65534;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whether every user may enter all folders above `path`, and enter or run `path` itself. */
export function isOpenToAll(path: string): boolean {
  const enter = 0o001;
  const parent = dirname(path);
  return (statSync(path).mode & enter) !== 0 && (parent === path || isOpenToAll(parent));
}

/** A folder of /var/tmp that stands for `dir`: everybody may pass through it, only root may write. */
export function openTwin(dir: string): string {
  const hash = createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16);
  const twin = `/var/tmp/vsl-media-generation-${hash}`;
  mkdirSync(twin, { recursive: true, mode: 0o711 });
  const found = lstatSync(twin);
  if (found.uid !== 0 || !found.isDirectory()) {
    throw new Error(
      `${twin} must be a folder of root: remove it, or set LOCAL_DATA_DIR to a folder all users can enter`,
    );
  }
  return twin;
}

/** Gives a folder and all in it to "nobody". */
export function giveToNobody(dir: string): void {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [dir, ...files]) chownSync(file, NOBODY, NOBODY);
}
