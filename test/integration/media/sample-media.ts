import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FfmpegRunner } from '../../../src/media/ffmpeg.js';

/** As the stack found them, else those on PATH. */
export const programs = {
  ffmpegPath: process.env.FFMPEG_PATH || 'ffmpeg',
  ffprobePath: process.env.FFPROBE_PATH || 'ffprobe',
};
const run = promisify(execFile);

export function ffmpegRunner(): FfmpegRunner {
  return new FfmpegRunner(programs);
}

/** Makes a real file with FFmpeg; `name` decides the format. */
export async function sample(name: string, ...args: string[]): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'media-test-sample-'));
  try {
    const path = join(directory, name);
    await run(programs.ffmpegPath, ['-v', 'error', ...args, path]);
    return await readFile(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export const picture = (name: string, size = '1024x768') =>
  sample(name, '-f', 'lavfi', '-i', `testsrc=s=${size}`, '-frames:v', '1');

const moving = ['-f', 'lavfi', '-i', 'testsrc=s=640x360:r=24:d=4'];
const tone = ['-f', 'lavfi', '-i', 'sine=d=4:r=48000'];

export const film = (name: string) =>
  sample(
    name,
    ...moving,
    ...tone,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-movflags',
    '+faststart',
  );

export const webm = () => sample('clip.webm', ...moving, '-c:v', 'libvpx', '-b:v', '500k');

export const sound = (name: string) => sample(name, ...tone);
