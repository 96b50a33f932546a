import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import { sniffKind } from '../media/content-type.js';
import type { MediaSource } from '../media/download.js';
import { inParallel } from '../media/in-parallel.js';
import { fitPicture } from '../media/picture.js';
import { peek, spool } from '../media/spool.js';
import type { MediaStore } from '../storage/media.store.js';
import type { ClipFile } from './arguments/clips.js';
import { clipName, isStill, type Clip } from './clip.js';
import type { TargetPicture } from './target.js';

const WIDTH = 4;
const MAX_BED_BYTES = 200 * 1024 * 1024;
const BED_TIMEOUT_MS = 5 * 60_000;

const DEMUXERS: Record<string, string> = {
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/webm': 'matroska',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/mp4': 'mov',
  'audio/aac': 'aac',
};

/** Sound to lie under the film: stored with us, or anyone's URL. */
export type BedSource =
  { objectKey: string; contentType: string; bytes: number; sha256: string } | { url: string };

interface StoredFile {
  objectKey: string;
  bytes: number;
  sha256: string;
}

/** Brings what a film is made of to a private directory. */
export class FilmInputs {
  /** `source` fetches users' URLs: it must reach public addresses alone. */
  constructor(
    private readonly store: MediaStore,
    private readonly source: MediaSource,
  ) {}

  /** Fetches the clips side by side; throws `output_missing` or `output_invalid` that name the clip. */
  clips(clips: Clip[], picture: TargetPicture, directory: string, signal: AbortSignal): Promise<ClipFile[]> {
    return inParallel(clips, WIDTH, signal, async (clip, index, either) => {
      const path = join(directory, `clip-${index}.bin`);
      await this.fetch(clip, clipName(clip), path, either);
      if (isStill(clip)) return this.still(clip, path, join(directory, `clip-${index}.png`), picture);
      const hasSound = Boolean(clip.signature?.audio?.channels);
      return { path, demuxer: DEMUXERS[clip.contentType] ?? 'mov', hasSound };
    });
  }

  /** Fetches the sound bed; throws `output_missing` or `output_invalid`. */
  async bed(
    bed: BedSource,
    directory: string,
    signal: AbortSignal,
  ): Promise<{ path: string; demuxer: string }> {
    const path = join(directory, 'bed.bin');
    if ('url' in bed) return { path, demuxer: await this.download(bed.url, path, signal) };
    await this.fetch(bed, 'the stored audio', path, signal);
    return { path, demuxer: DEMUXERS[bed.contentType] ?? 'wav' };
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  private async still(clip: Clip, path: string, output: string, picture: TargetPicture): Promise<ClipFile> {
    try {
      await fitPicture(path, output, picture);
    } catch (cause) {
      throw broken(clipName(clip), 'cannot be decoded', cause);
    }
    return { path: output, demuxer: null, hasSound: false };
  }

  private async fetch(file: StoredFile, name: string, path: string, signal: AbortSignal): Promise<void> {
    const body = await this.store.read(file.objectKey, signal);
    if (!body)
      throw new AppError('output_missing', `The file of ${name} is no longer stored: approve another take`);
    const hash = createHash('sha256');
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(body, counted, createWriteStream(path, { flags: 'w', mode: 0o600 }), { signal });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new AppError('storage_failed', `The file of ${name} could not be read`, {
        retryable: true,
        cause,
      });
    }
    if (hash.digest('hex') !== file.sha256) throw broken(name, 'is not the one that was stored');
  }

  private async download(url: string, path: string, signal: AbortSignal): Promise<string> {
    const timed = AbortSignal.any([signal, AbortSignal.timeout(BED_TIMEOUT_MS)]);
    try {
      const answer = await this.source.open(url, MAX_BED_BYTES, timed);
      try {
        const peeked = await peek(answer, timed);
        const { demuxer = 'wav' } = await sniffKind('audio', peeked.head);
        await spool(peeked, path, MAX_BED_BYTES);
        return demuxer;
      } finally {
        answer.body.on('error', () => undefined).destroy();
      }
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const retryable = cause instanceof AppError && cause.retryable;
      throw new AppError(
        'output_invalid',
        'The sound at audio.url could not be fetched, or is no sound file',
        {
          retryable,
          cause,
        },
      );
    }
  }
}

function broken(name: string, what: string, cause?: unknown): AppError {
  return new AppError('output_invalid', `The file of ${name} ${what}: approve another take`, { cause });
}
