import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { addAbortSignal, PassThrough, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../errors.js';
import { createS3Client, type BucketOptions } from './s3-client.js';

const READ_TIMEOUT_MS = 60_000;
const FILE_ATTEMPTS = 3;

export interface MediaStoreOptions extends BucketOptions {
  /** Is told how long (ms) each put took. */
  stored?: (ms: number) => void;
}

export interface StoredObject {
  bytes: number;
  contentType: string;
  metadata: Record<string, string>;
  /** Names these very bytes at this key. */
  etag: string;
}

export interface PutOptions {
  contentType: string;
  cacheControl?: string;
  metadata?: Record<string, string>;
  /** Fails when there is an object at the key already. */
  once?: boolean;
  signal?: AbortSignal;
}

/**
 * Media in S3, encrypted with AES256. Every fault is a retryable AppError `storage_failed`, an abort its own reason.
 * A put is one PutObject: the object appears whole or not at all, and no multipart upload can be left behind.
 */
export class MediaStore {
  private readonly client: S3Client;

  constructor(private readonly options: MediaStoreOptions) {
    this.client = createS3Client(options);
  }

  async put(key: string, body: Buffer | string, options: PutOptions): Promise<void> {
    const startedAt = performance.now();
    await this.send('store', options.signal, (abortSignal) =>
      this.client.send(new PutObjectCommand({ ...this.target(key, options), Body: body }), { abortSignal }),
    );
    this.options.stored?.(performance.now() - startedAt);
  }

  /**
   * Stores exactly `bytes` bytes of a stream as it comes, in one attempt, and gives its ETag; a stream that fails leaves
   * nothing stored.
   */
  async putStream(key: string, body: Readable, bytes: number, options: PutOptions): Promise<string> {
    const broken = new AbortController();
    const either = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
    // A body that fails inside the SDK is an error event nobody hears: it gets a stream that only ever stops.
    const fed = new PassThrough();
    const startedAt = performance.now();
    body.once('error', (error) => broken.abort(error)).pipe(fed);
    try {
      const { ETag = '' } = await this.send('store', either, (abortSignal) =>
        this.client.send(
          new PutObjectCommand({ ...this.target(key, options), Body: fed, ContentLength: bytes }),
          {
            abortSignal,
          },
        ),
      );
      this.options.stored?.(performance.now() - startedAt);
      return ETag;
    } finally {
      fed.destroy();
    }
  }

  /** Stores a file on disk, reading it anew for each of 3 attempts, and gives its ETag. */
  async putFile(key: string, path: string, bytes: number, options: PutOptions): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const body = createReadStream(path);
      try {
        return await this.putStream(key, body, bytes, options);
      } catch (error) {
        if (attempt === FILE_ATTEMPTS || options.signal?.aborted) throw error;
      } finally {
        body.destroy();
      }
    }
  }

  /** What is stored at `key`, or null. */
  async head(key: string, signal?: AbortSignal): Promise<StoredObject | null> {
    const found = await this.find(signal, (abortSignal) =>
      this.client.send(new HeadObjectCommand({ Bucket: this.options.bucket, Key: key }), { abortSignal }),
    );
    return (
      found && {
        bytes: found.ContentLength ?? 0,
        contentType: found.ContentType ?? 'application/octet-stream',
        metadata: found.Metadata ?? {},
        etag: found.ETag ?? '',
      }
    );
  }

  /** The stored bytes as a stream, or null; the caller reads it to its end or destroys it. */
  async read(key: string, signal?: AbortSignal): Promise<Readable | null> {
    const found = await this.find(signal, (abortSignal) =>
      this.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key }), { abortSignal }),
    );
    return found && (found.Body as Readable);
  }

  /** The hash of the stored bytes in hex, read as long as they keep coming; null when there is no object. */
  async sha256(key: string, signal?: AbortSignal): Promise<string | null> {
    const body = await this.read(key, signal);
    if (!body) return null;
    if (signal) addAbortSignal(signal, body);
    const hash = createHash('sha256');
    await this.send('read', signal, async () => {
      for await (const chunk of body) hash.update(chunk as Buffer);
    });
    return hash.digest('hex');
  }

  /** The whole of a small stored text, or null. */
  async readText(key: string, signal?: AbortSignal): Promise<string | null> {
    return this.find(signal, async (abortSignal) => {
      const found = await this.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key }), {
        abortSignal,
      });
      return (await found.Body?.transformToString()) ?? '';
    });
  }

  /** The keys that begin with `prefix`, at most 1000 of them. */
  async keys(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const { Contents = [] } = await this.send('list', timed(signal), (abortSignal) =>
      this.client.send(new ListObjectsV2Command({ Bucket: this.options.bucket, Prefix: prefix }), {
        abortSignal,
      }),
    );
    return Contents.map(({ Key = '' }) => Key);
  }

  /** Deletes the object if it still has this ETag; another one, or none, is left as it is. */
  async deleteIfUnchanged(key: string, etag: string, signal?: AbortSignal): Promise<void> {
    await this.send('delete', signal, async (abortSignal) => {
      try {
        const command = new DeleteObjectCommand({ Bucket: this.options.bucket, Key: key, IfMatch: etag });
        await this.client.send(command, { abortSignal });
      } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status !== 412 && status !== 404) throw error;
      }
    });
  }

  /** Deleting what is not there is no fault. */
  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.send('delete', signal, (abortSignal) =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.options.bucket, Key: key }), { abortSignal }),
    );
  }

  /** Throws when the bucket does not answer within `timeoutMs`. */
  async ping(timeoutMs: number): Promise<void> {
    await this.send('reach', AbortSignal.timeout(timeoutMs), (abortSignal) =>
      this.client.send(new HeadBucketCommand({ Bucket: this.options.bucket }), { abortSignal }),
    );
  }

  close(): void {
    this.client.destroy();
  }

  private target(key: string, { contentType, cacheControl, metadata, once }: PutOptions) {
    return {
      Bucket: this.options.bucket,
      Key: key,
      ContentType: contentType,
      CacheControl: cacheControl,
      Metadata: metadata,
      ServerSideEncryption: 'AES256' as const,
      ...(once && { IfNoneMatch: '*' }),
    };
  }

  private async find<T>(
    signal: AbortSignal | undefined,
    ask: (signal?: AbortSignal) => Promise<T>,
  ): Promise<T | null> {
    return this.send('read', timed(signal), async (abortSignal) => {
      try {
        return await ask(abortSignal);
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
        throw error;
      }
    });
  }

  private async send<T>(
    verb: string,
    signal: AbortSignal | undefined,
    ask: (signal?: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await ask(signal);
    } catch (cause) {
      if (signal?.aborted && !isTimeout(signal.reason)) throw signal.reason;
      throw new AppError('storage_failed', `The media store could not ${verb} the object`, {
        retryable: true,
        cause,
      });
    }
  }
}

/** The signal, and the end of the wait for an answer. */
function timed(signal: AbortSignal | undefined): AbortSignal {
  return AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(READ_TIMEOUT_MS)]);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
