import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json: the same whether this runs from `local/` or from `dist/local/`. */
export const projectDir = nearestPackage(import.meta.dirname);

/** Absolute path of a compiled module, such as `local/s3/main.js`; child processes run these only. */
export function builtModule(path: string): string {
  return join(projectDir, 'dist', path);
}

function nearestPackage(dir: string): string {
  return existsSync(join(dir, 'package.json')) ? dir : nearestPackage(dirname(dir));
}
