import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { projectDir } from './built-tree.js';

type Environment = Record<string, string | undefined>;

/** Absolute paths of two programs that were seen to run. */
export interface FfmpegBinaries {
  ffmpegPath: string;
  ffprobePath: string;
}

/**
 * Finds ffmpeg and ffprobe: `FFMPEG_PATH` / `FFPROBE_PATH`, else PATH, else the npm packages. Each must run; a given
 * path that does not is an error, never passed over.
 */
export async function findFfmpegBinaries(env: Environment): Promise<FfmpegBinaries> {
  const [ffmpegPath, ffprobePath] = await Promise.all([
    findProgram('ffmpeg', 'FFMPEG_PATH', env),
    findProgram('ffprobe', 'FFPROBE_PATH', env),
  ]);
  return { ffmpegPath, ffprobePath };
}

async function findProgram(name: string, variable: string, env: Environment): Promise<string> {
  const given = env[variable];
  if (given) {
    if (await runs(given)) return given;
    throw new Error(`${variable} (${given}) is no ${name} that runs here: correct it or unset it`);
  }
  for (const candidate of [...onPath(name, env.PATH ?? ''), packaged(name)]) {
    if (candidate && (await runs(candidate))) return candidate;
  }
  throw new Error(
    `No ${name} was found: install ffmpeg (apt-get install ffmpeg, brew install ffmpeg), ` +
      `run npm ci with its optional packages, or set ${variable} to the program`,
  );
}

function onPath(name: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .filter(isExecutable);
}

/** The npm package's program, made executable: npm unpacks it without that bit when install scripts are blocked. */
function packaged(name: string): string | undefined {
  const manifest = `@${name}-installer/${process.platform}-${process.arch}/package.json`;
  try {
    const program = join(dirname(createRequire(join(projectDir, 'package.json')).resolve(manifest)), name);
    if (!isExecutable(program)) chmodSync(program, 0o755);
    return program;
  } catch {
    return undefined;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function runs(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ['-hide_banner', '-version'], { timeout: 10_000 }, (error) => resolve(!error));
  });
}
