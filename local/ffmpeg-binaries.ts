import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants, statSync } from 'node:fs';
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
  const [ffmpeg, ffprobe] = await Promise.all([
    findProgram('ffmpeg', 'FFMPEG_PATH', env),
    findProgram('ffprobe', 'FFPROBE_PATH', env),
  ]);
  const faults = [ffmpeg, ffprobe].flatMap((found) => ('fault' in found ? found.fault : []));
  if ('fault' in ffmpeg || 'fault' in ffprobe) throw new Error(faults.join('\n'));
  return { ffmpegPath: ffmpeg.path, ffprobePath: ffprobe.path };
}

type Found = { path: string } | { fault: string };

async function findProgram(name: string, variable: string, env: Environment): Promise<Found> {
  const given = env[variable];
  if (given) {
    if (await runs(given)) return { path: given };
    return { fault: `${variable} (${given}) is no ${name} that runs here: correct it or unset it` };
  }
  const fromNpm = packaged(name);
  for (const candidate of [...onPath(name, env.PATH ?? ''), fromNpm]) {
    if (candidate && (await runs(candidate))) return { path: candidate };
  }
  const packages = fromNpm ? `chmod a+x ${fromNpm}` : 'run npm ci with its optional packages';
  return {
    fault:
      `No ${name} was found that runs here: install ffmpeg (apt-get install ffmpeg, brew install ffmpeg), ` +
      `${packages}, or set ${variable} to the program`,
  };
}

function onPath(name: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .filter(isExecutable);
}

/** The npm package's program. npm unpacks it without the right to run it when install scripts are blocked. */
function packaged(name: string): string | undefined {
  const manifest = `@${name}-installer/${process.platform}-${process.arch}/package.json`;
  try {
    const program = join(dirname(createRequire(join(projectDir, 'package.json')).resolve(manifest)), name);
    makeExecutable(program);
    return program;
  } catch {
    return undefined;
  }
}

/** Lets every user run the file, as far as it is ours to decide: another user may have installed it. */
function makeExecutable(file: string): void {
  if ((statSync(file).mode & 0o111) === 0o111) return;
  try {
    chmodSync(file, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
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
