import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOpenToAll, isRoot } from './services/folder-access.js';

/** A new empty folder for a stack that leaves nothing behind; a root supervisor's PostgreSQL can enter it. */
export function temporaryDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'vsl-media-stack-'));
  if (!isRoot()) return dir;
  chmodSync(dir, 0o711);
  if (isOpenToAll(dir)) return dir;
  rmdirSync(dir);
  return mkdtempSync('/var/tmp/vsl-media-stack-');
}
