import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import type { MediaStore, PutOptions } from '../storage/media.store.js';
import { sniffKind, type FileKind, type MediaType } from './content-type.js';
import type { MediaSource } from './download.js';
import type { WhileWanted } from './stored-output.js';
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
  whileWanted: WhileWanted;
  signal: AbortSignal;
}

/**
 * An output that lies on disk whole; `stored` gives the ETag when the store has it too, and its failure need not be
 * awaited.
 */
export interface ArrivedOriginal extends Spooled {
  key: string;
  kind: FileKind;
  stored: Promise<string>;
}

/**
 * Brings one output from its source to the store and to disk in one pass: the upload begins once the first bytes have
 * told an allowed type, and is withdrawn when the source breaks off. A source that declares no length, or an upload that
 * fails midway, is stored from disk afterwards. An object once stored is only replaced while the outputs are wanted.
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
    crashPoint('output-opened');
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
  { path, maxBytes, whileWanted, signal }: OriginalRequest,
): Promise<Spooled & { stored: Promise<string> }> {
  const put = { contentType, cacheControl: CACHE_CONTROL, once: true, signal };
  const { bytes } = source;
  const leg =
    bytes === undefined ? undefined : new UploadLeg((body) => store.putStream(key, body, bytes, put));
  try {
    const spooled = await spool(source, path, maxBytes, leg);
    const finish = async () => {
      const end = await leg?.finish();
      crashPoint('original-stored');
      return end && 'etag' in end ? end.etag : storeFromDisk(store, key, path, spooled, put, whileWanted);
    };
    const stored = finish();
    stored.catch(() => undefined);
    return { ...spooled, stored };
  } catch (error) {
    await leg?.cancel(error as Error);
    throw error;
  }
}

/** Stores what the upload on the way did not: an earlier run's same bytes serve as well, other bytes make way. */
async function storeFromDisk(
  store: MediaStore,
  key: string,
  path: string,
  { bytes, sha256 }: Spooled,
  put: PutOptions,
  whileWanted: WhileWanted,
): Promise<string> {
  const present = await store.head(key, put.signal);
  // Neither length nor ETag proves that it has the same bytes.
  const same = present?.bytes === bytes && (await store.sha256(key, put.signal)) === sha256;
  if (present && same) return present.etag;
  if (present) {
    const gone = await whileWanted(() => store.deleteIfUnchanged(key, present.etag, put.signal));
    if (!gone)
      throw new AppError('storage_failed', 'The output was stored by another run', { retryable: true });
  }
  return store.putFile(key, path, bytes, put);
}
