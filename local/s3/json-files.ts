import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SUFFIX = '.json';

/**
 * Replaces a JSON file in one step. It is synchronous on purpose: a condition that was checked just before still
 * holds when the file has been replaced, without locks.
 */
export function writeJson(directory: string, name: string, value: unknown): void {
  const path = join(directory, `${name}${SUFFIX}`);
  writeFileSync(`${path}.tmp`, JSON.stringify(value));
  renameSync(`${path}.tmp`, path);
}

export function removeJson(directory: string, name: string): void {
  rmSync(join(directory, `${name}${SUFFIX}`), { force: true });
}

/** All JSON files of a directory, which is made if it is missing; half-written ones are removed. */
export function readJsonFiles<T>(directory: string): T[] {
  mkdirSync(directory, { recursive: true });
  const values: T[] = [];
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.tmp')) rmSync(join(directory, name), { force: true });
    if (name.endsWith(SUFFIX)) values.push(readJsonFile(join(directory, name)) as T);
  }
  return values;
}

function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} is not readable JSON: remove it, or the whole data directory`, { cause });
  }
}
