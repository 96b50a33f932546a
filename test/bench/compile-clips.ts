import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clip } from '../../src/compilation/clip.js';
import type { FfmpegRunner } from '../../src/media/ffmpeg.js';
import { parseProbe } from '../../src/media/probe.js';
import type { MediaStore } from '../../src/storage/media.store.js';

const run = promisify(execFile);

/** A clip in the bucket and on disk. */
export interface BenchClip extends Clip {
  path: string;
}

/** Makes and stores a clip of 24 frames a second with a key frame every 2 s and sound. */
export async function makeClip(
  tools: { ffmpegPath: string; ffmpeg: FfmpegRunner; store: MediaStore; directory: string },
  { size, seconds, position }: { size: string; seconds: number; position: number },
): Promise<BenchClip> {
  const { ffmpegPath, ffmpeg, store, directory } = tools;
  const jobId = randomUUID();
  const path = join(directory, `${jobId}.mp4`);
  await run(ffmpegPath, [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=24:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=f=${300 + 100 * position}:r=48000:d=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '48', '-keyint_min', '48'],
    ...['-sc_threshold', '0', '-c:a', 'aac', '-ac', '2', '-b:v', '2400k', path],
  ]);
  const bytes = await readFile(path);
  const objectKey = `video/bench/${jobId}/original.mp4`;
  await store.put(objectKey, bytes, { contentType: 'video/mp4' });
  const options = { signal: new AbortController().signal, directory, timeoutMs: 60_000 };
  const signature = parseProbe(await ffmpeg.probe({ path, options: ['-f', 'mov'] }, options));
  return {
    ...{ videoId: randomUUID(), sectionId: randomUUID(), jobId, position, title: null, narration: null },
    ...{ mediaType: 'video', objectKey, contentType: 'video/mp4', bytes: bytes.length, signature, path },
    ...{ width: signature.video!.width, height: signature.video!.height, durationSeconds: seconds },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
