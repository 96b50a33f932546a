import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectDir } from '../built-tree.js';

const OLDEST_VERSION = [6, 2] as const;

/**
 * The first real Redis server this machine can run: `REDIS_SERVER_BIN`, else `redis-server` or `valkey-server`
 * on PATH, else the npm package's; undefined when there is none. Throws when REDIS_SERVER_BIN is set and unusable.
 */
export async function findRedisServer(env: Record<string, string | undefined>): Promise<string | undefined> {
  const chosen = env.REDIS_SERVER_BIN;
  if (chosen) {
    if (await isUsable(chosen)) return chosen;
    throw new Error(
      `REDIS_SERVER_BIN (${chosen}) is no Redis or Valkey server of version ${OLDEST_VERSION.join('.')} or later`,
    );
  }
  for (const candidate of ['redis-server', 'valkey-server', packagedServer()]) {
    if (candidate && (await isUsable(candidate))) return candidate;
  }
  return undefined;
}

function packagedServer(): string | undefined {
  try {
    const manifest = `@falkordblite/${process.platform}-${process.arch}/package.json`;
    return join(
      dirname(createRequire(join(projectDir, 'package.json')).resolve(manifest)),
      'bin',
      'redis-server',
    );
  } catch {
    return undefined;
  }
}

/** Whether the program runs here at all (its libraries may be missing) and is not too old. */
function isUsable(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: 5_000 }, (error, stdout) => {
      const version = /v=(\d+)\.(\d+)/.exec(stdout);
      resolve(!error && version !== null && isRecent(Number(version[1]), Number(version[2])));
    });
  });
}

function isRecent(major: number, minor: number): boolean {
  return major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
}
