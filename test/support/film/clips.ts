import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clip } from '../../../src/compilation/clip.js';
import { parseProbe, shownSize } from '../../../src/media/probe.js';
import type { MediaStore } from '../../../src/storage/media.store.js';
import { ffmpegRunner, sample } from '../../integration/media/sample-media.js';

/** What a made clip is like; what is left out is 128×72, 24 frames a second, 2 s, with stereo sound at 48 kHz. */
export interface ClipRecipe {
  size?: string;
  fps?: number | string;
  seconds?: number;
  sound?: false | { rate?: number; channels?: number; seconds?: number };
  /** A frame every so many begins anew. */
  gop?: number;
  encoder?: string[];
  /** Filters after the picture's source. */
  filters?: string;
  /** The tone's pitch, to tell clips apart. */
  hertz?: number;
  extension?: string;
  narration?: string;
}

/** The bytes of a clip. */
export function clipBytes(recipe: ClipRecipe): Promise<Buffer> {
  const { size = '128x72', fps = 24, seconds = 2, sound = {}, gop = 12, hertz = 440 } = recipe;
  const { filters = 'null', extension = 'mp4' } = recipe;
  const encoder = recipe.encoder ?? ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}:d=${seconds},${filters}`];
  const tone = sound
    ? ['-f', 'lavfi', '-i', `sine=f=${hertz}:r=${sound.rate ?? 48_000}:d=${sound.seconds ?? seconds}`]
    : [];
  const audio = sound
    ? ['-c:a', extension === 'webm' ? 'libopus' : 'aac', '-ac', String(sound.channels ?? 2)]
    : [];
  const gops = ['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0'];
  return sample(`clip.${extension}`, ...picture, ...tone, ...encoder, ...gops, ...audio);
}

const CONTENT_TYPES: Record<string, string> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
};

/** Stores a clip as an ingested output is stored, and tells what is known of it then. */
export async function storeClip(
  store: MediaStore,
  directory: string,
  recipe: ClipRecipe,
  position: number,
  made?: Buffer,
): Promise<Clip> {
  const { extension = 'mp4', narration = null } = recipe;
  const bytes = made ?? (await clipBytes(recipe));
  const jobId = randomUUID();
  const objectKey = `video/ana/2026/03/09/${jobId}/original.${extension}`;
  const path = join(directory, `${jobId}.${extension}`);
  const contentType = CONTENT_TYPES[extension]!;
  await Promise.all([writeFile(path, bytes), store.put(objectKey, bytes, { contentType })]);
  const demuxer = extension === 'webm' ? 'matroska' : 'mov';
  const run = { signal: new AbortController().signal, directory, timeoutMs: 30_000 };
  const signature = parseProbe(await ffmpegRunner().probe({ path, options: ['-f', demuxer] }, run));
  return {
    ...{ videoId: randomUUID(), sectionId: randomUUID(), jobId, position, title: `Scene ${position + 1}` },
    ...{ narration, mediaType: 'video', objectKey, contentType, bytes: bytes.length, signature },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...shownSize(signature.video!),
    durationSeconds: signature.durationSeconds,
  };
}
