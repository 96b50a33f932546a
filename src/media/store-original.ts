import type { MediaStore } from '../storage/media.store.js';
import { sniffKind, type FileKind, type MediaType } from './content-type.js';
import type { MediaSource } from './download.js';
import { peek, spool, type PeekedAnswer, type Spooled } from './spool.js';
import { UploadLeg } from './upload-leg.js';

/** Every stored file's key is its own for ever, so whoever fetched it may keep it. */
export const CACHE_CONTROL = 'public, max-age=31536000, immutable';

export interface OriginalRequest {
  source: string;
  mediaType: MediaType;
  /** The object key that a file of this extension gets. */
  keyFor: (extension: string) => string;
  /** Where the bytes are written too, for what is derived from them. */
  path: string;
  maxBytes: number;
  signal: AbortSignal;
}

/** An output that lies on disk whole; `stored` settles when the store has it too, and its failure need not be awaited. */
export interface ArrivedOriginal extends Spooled {
  key: string;
  kind: FileKind;
  stored: Promise<void>;
}

/**
 * Brings one output from its source to the store and to disk in one pass: the upload begins once the first bytes have
 * told an allowed type, and is withdrawn when the source breaks off. A source that declares no length, or an upload that
 * fails midway, is stored from disk afterwards.
 */
export async function storeOriginal(
  source: MediaSource,
  store: MediaStore,
  request: OriginalRequest,
): Promise<ArrivedOriginal> {
  const answer = await source.open(request.source, request.maxBytes, request.signal);
  try {
    const peeked = await peek(answer, request.signal);
    const kind = await sniffKind(request.mediaType, peeked.head);
    const key = request.keyFor(kind.extension);
    const arrived = await transfer(store, peeked, key, kind, request);
    return { ...arrived, key, kind };
  } finally {
    answer.body.on('error', () => undefined).destroy();
  }
}

async function transfer(
  store: MediaStore,
  source: PeekedAnswer,
  key: string,
  { contentType }: FileKind,
  { path, maxBytes, signal }: OriginalRequest,
): Promise<Spooled & { stored: Promise<void> }> {
  const put = { contentType, cacheControl: CACHE_CONTROL, signal };
  const { bytes } = source;
  const leg =
    bytes === undefined ? undefined : new UploadLeg((body) => store.putStream(key, body, bytes, put));
  try {
    const spooled = await spool(source, path, maxBytes, leg);
    const finish = async () => {
      const failed = leg === undefined || (await leg.finish()) !== undefined;
      if (failed) await store.putFile(key, path, spooled.bytes, put);
    };
    const stored = finish();
    stored.catch(() => undefined);
    return { ...spooled, stored };
  } catch (error) {
    await leg?.cancel(error as Error);
    throw error;
  }
}
