import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import type { MediaStore } from '../storage/media.store.js';
import type { MediaType } from './content-type.js';
import { derive, type Derived } from './derive.js';
import { MediaSource, type SourceOptions } from './download.js';
import type { FfmpegRunner } from './ffmpeg.js';
import { inParallel } from './in-parallel.js';
import { metadataDocument, recordedOutputs } from './metadata.js';
import {
  mediaPrefix,
  metadataKey,
  originalKey,
  previewKey,
  thumbnailKey,
  waveformKey,
} from './object-keys.js';
import { CACHE_CONTROL, storeOriginal, type StoredOriginal } from './store-original.js';
import type { IngestRequest, StoredOutput } from './stored-output.js';

/** How many outputs of one job are fetched and derived at a time. */
const WIDTH = 2;
const CLEAN_UP_TIMEOUT_MS = 10_000;

/** What one output may weigh, and how long its transfer may take. */
export interface OutputLimit {
  maxBytes: number;
  timeoutMs: number;
}

const MEBIBYTE = 1024 * 1024;
const LIMITS: Record<MediaType, OutputLimit> = {
  image: { maxBytes: 100 * MEBIBYTE, timeoutMs: 2 * 60_000 },
  audio: { maxBytes: 500 * MEBIBYTE, timeoutMs: 10 * 60_000 },
  // Also the most that one PutObject takes.
  video: { maxBytes: 5 * 1024 * MEBIBYTE, timeoutMs: 30 * 60_000 },
};

export interface IngestOptions {
  source: SourceOptions;
  /** Where private directories are made; the system's temporary directory when absent. */
  temporaryDirectory?: string;
  limits?: Partial<Record<MediaType, OutputLimit>>;
}

interface OutputContext {
  request: IngestRequest;
  prefix: string;
  directory: string;
  signal: AbortSignal;
}

/**
 * Brings a job's outputs from the provider into the store: original, thumbnail, preview or waveform, and last
 * `metadata.json`. May run twice: keys depend on the job alone, and a finished run is answered from its metadata.
 * Throws AppError: `output_missing`, `output_invalid`, or retryable `provider_timeout`, `provider_unavailable`,
 * `storage_failed`, `deadline_exceeded`.
 */
export class MediaIngest {
  private readonly source: MediaSource;

  constructor(
    private readonly store: MediaStore,
    private readonly ffmpeg: FfmpegRunner,
    private readonly options: IngestOptions,
  ) {
    this.source = new MediaSource(options.source);
  }

  async ingest(request: IngestRequest, sources: string[], signal: AbortSignal): Promise<StoredOutput[]> {
    if (sources.length === 0) throw new AppError('output_missing', 'The provider named no output');
    const prefix = mediaPrefix(request);
    const stored = await this.recorded(request, prefix, sources, signal);
    if (stored) return stored;
    const parent = await mkdtemp(join(this.options.temporaryDirectory ?? tmpdir(), 'vsl-media-'));
    try {
      const outputs = await inParallel(sources, WIDTH, signal, async (source, index, signal) => {
        const directory = join(parent, String(index));
        await mkdir(directory, { mode: 0o700 });
        return this.storeOutput(source, index, { request, prefix, directory, signal });
      });
      const document = metadataDocument(request, sources, outputs);
      await this.store.put(metadataKey(prefix), document, {
        contentType: 'application/json',
        cacheControl: 'no-cache',
        signal,
      });
      return outputs;
    } finally {
      await rm(parent, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  /** What an earlier run stored, when all of it is still there. */
  private async recorded(request: IngestRequest, prefix: string, sources: string[], signal: AbortSignal) {
    const outputs = recordedOutputs(await this.store.readText(metadataKey(prefix), signal), request, sources);
    if (!outputs) return null;
    const heads = await Promise.all(outputs.map(({ objectKey }) => this.store.head(objectKey, signal)));
    return heads.every((head, index) => head?.bytes === outputs[index]?.bytes) ? outputs : null;
  }

  private async storeOutput(source: string, index: number, context: OutputContext): Promise<StoredOutput> {
    const original = await this.transfer(source, index, context);
    const derived = await this.deriveOrWithdraw(original, context);
    const pieces = await this.storePieces(derived, index, context);
    const { width, height, durationSeconds, signature } = derived;
    return {
      index,
      objectKey: original.key,
      bytes: original.bytes,
      contentType: original.kind.contentType,
      sha256: original.sha256,
      ...(width && { width }),
      ...(height && { height }),
      ...(durationSeconds && { durationSeconds }),
      ...pieces,
      signature,
    };
  }

  private async transfer(source: string, index: number, context: OutputContext): Promise<StoredOriginal> {
    const { mediaType } = context.request;
    const { maxBytes, timeoutMs } = this.options.limits?.[mediaType] ?? LIMITS[mediaType];
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooSlow(timeoutMs)), timeoutMs);
    try {
      return await storeOriginal(this.source, this.store, {
        source,
        mediaType,
        keyFor: (extension) => originalKey(context.prefix, index, extension),
        path: originalPath(context),
        maxBytes,
        signal: AbortSignal.any([context.signal, late.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A file that proves to be broken is taken out of the store again; any other fault leaves it for the next attempt. */
  private async deriveOrWithdraw({ key, kind }: StoredOriginal, context: OutputContext): Promise<Derived> {
    const { request, directory, signal } = context;
    try {
      return await derive(this.ffmpeg, {
        mediaType: request.mediaType,
        path: originalPath(context),
        kind,
        directory,
        signal,
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'output_invalid') {
        await this.store.delete(key, AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS)).catch(() => undefined);
      }
      throw error;
    }
  }

  private async storePieces(
    { thumbnailPath, previewPath, waveformPath }: Derived,
    index: number,
    { prefix, signal }: OutputContext,
  ) {
    const put = async (key: string, path: string, contentType: string) => {
      await this.store.put(key, await readFile(path), { contentType, cacheControl: CACHE_CONTROL, signal });
      return key;
    };
    return {
      ...(thumbnailPath && {
        thumbnailKey: await put(thumbnailKey(prefix, index), thumbnailPath, 'image/jpeg'),
      }),
      ...(previewPath && { previewKey: await put(previewKey(prefix, index), previewPath, 'image/gif') }),
      ...(waveformPath && { waveformKey: await put(waveformKey(prefix, index), waveformPath, 'image/png') }),
    };
  }
}

function originalPath({ directory }: OutputContext): string {
  return join(directory, 'original');
}

function tooSlow(timeoutMs: number): AppError {
  return new AppError('provider_timeout', `The output did not arrive within ${timeoutMs} ms`, {
    retryable: true,
  });
}
