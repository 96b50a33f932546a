import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import type { MediaStore } from '../storage/media.store.js';
import type { MediaType } from './content-type.js';
import { derive, type Derived } from './derive.js';
import { MediaSource, type SourceOptions } from './download.js';
import type { FfmpegRunner } from './ffmpeg.js';
import { allEnded, inParallel } from './in-parallel.js';
import { typedFault } from './local-fault.js';
import { metadataDocument, recordedOutputs } from './metadata.js';
import {
  mediaPrefix,
  metadataKey,
  originalKey,
  previewKey,
  thumbnailKey,
  waveformKey,
} from './object-keys.js';
import { CACHE_CONTROL, storeOriginal, type ArrivedOriginal } from './store-original.js';
import type { IngestRequest, StoredOutput } from './stored-output.js';
import type { TemporaryFolders } from './temporary-folders.js';

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
    private readonly folders: TemporaryFolders,
    private readonly options: IngestOptions,
  ) {
    this.source = new MediaSource(options.source);
  }

  async ingest(request: IngestRequest, sources: string[], signal: AbortSignal): Promise<StoredOutput[]> {
    if (sources.length === 0) throw new AppError('output_missing', 'The provider named no output');
    const prefix = mediaPrefix(request);
    const stored = await this.recorded(request, prefix, sources, signal);
    if (stored) return stored;
    const folder = await this.folders.make();
    try {
      const outputs = await inParallel(sources, WIDTH, signal, async (source, index, signal) => {
        const directory = join(folder, String(index));
        await mkdir(directory, { mode: 0o700 });
        return this.storeOutput(source, index, { request, prefix, directory, signal });
      });
      const document = metadataDocument(request, sources, outputs);
      await this.store.put(metadataKey(prefix), document, {
        contentType: 'application/json',
        cacheControl: 'no-cache',
        signal,
      });
      crashPoint('metadata-stored');
      return outputs;
    } catch (error) {
      throw typedFault(error);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
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
    const { original, derived } = await this.transferAndDerive(source, index, context);
    const [pieces] = await Promise.all([
      this.storePieces(derived, index, context),
      // Freeing gigabytes takes its time, and nothing reads them any more.
      rm(originalPath(context)),
    ]);
    crashPoint('pieces-stored');
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

  /** Derives as soon as the file is on disk, while the upload comes to its end; the time limit is the transfer's alone. */
  private async transferAndDerive(source: string, index: number, context: OutputContext) {
    const { mediaType } = context.request;
    const { maxBytes, timeoutMs } = this.options.limits?.[mediaType] ?? LIMITS[mediaType];
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooSlow(timeoutMs)), timeoutMs);
    try {
      const original = await storeOriginal(this.source, this.store, {
        source,
        mediaType,
        keyFor: (extension) => originalKey(context.prefix, index, extension),
        path: originalPath(context),
        maxBytes,
        whileWanted: context.request.whileWanted,
        signal: AbortSignal.any([context.signal, late.signal]),
      });
      const [derived] = await allEnded(this.derive(original, context), original.stored).catch(
        (error: unknown) => this.withdrawn(original, context, error),
      );
      return { original, derived };
    } finally {
      clearTimeout(timer);
    }
  }

  private async derive({ kind }: ArrivedOriginal, context: OutputContext): Promise<Derived> {
    const { request, directory, signal } = context;
    const path = originalPath(context);
    return derive(this.ffmpeg, { mediaType: request.mediaType, path, kind, directory, signal });
  }

  /** A file that proves to be broken is taken out of the store again; any other fault leaves it for the next attempt. */
  private async withdrawn(
    { key, stored }: ArrivedOriginal,
    { request }: OutputContext,
    error: unknown,
  ): Promise<never> {
    const etag = await stored.catch(() => undefined);
    if (etag !== undefined && error instanceof AppError && error.code === 'output_invalid') {
      const signal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
      // What stays is replaced by the next attempt, or swept once the job is over.
      await request.whileWanted(() => this.store.deleteIfUnchanged(key, etag, signal)).catch(() => undefined);
    }
    throw error;
  }

  private async storePieces(
    { thumbnailPath, previewPath, waveformPath }: Derived,
    index: number,
    { prefix, signal }: OutputContext,
  ) {
    const put = async (key: string, path: string | undefined, contentType: string) => {
      if (path === undefined) return undefined;
      await this.store.put(key, await readFile(path), { contentType, cacheControl: CACHE_CONTROL, signal });
      return key;
    };
    const [thumbnail, preview, waveform] = await Promise.all([
      put(thumbnailKey(prefix, index), thumbnailPath, 'image/jpeg'),
      put(previewKey(prefix, index), previewPath, 'image/gif'),
      put(waveformKey(prefix, index), waveformPath, 'image/png'),
    ]);
    return {
      ...(thumbnail && { thumbnailKey: thumbnail }),
      ...(preview && { previewKey: preview }),
      ...(waveform && { waveformKey: waveform }),
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
