import { text } from 'node:stream/consumers';

import type { ChunkSigning, Identity } from './authentication.js';
import {
  checkPromises,
  Digester,
  isAwsChunked,
  readPromises,
  type Digests,
  type Promised,
} from './checksums.js';
import { ChunkParser } from './chunk-parser.js';
import { ChunkSignatures } from './chunk-signatures.js';
import { S3Error, notImplemented } from './errors.js';
import type { S3Request } from './request.js';

const MAX_BODY_BYTES = 5 * 1024 ** 3;
const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;

/** A request body, unframed, that throws at its end unless it is exactly what the client promised. */
export interface Body {
  chunks: AsyncGenerator<Buffer>;
  /** To be called after `chunks` has ended. */
  digests(): Digests;
}

/**
 * Opens the body for streaming. Framing is removed; length, SHA-256, MD5, CRC32 (header or trailer) and the
 * signatures of signed chunks are checked on the way.
 */
export function openBody(request: S3Request, identity: Identity, maxBytes = MAX_BODY_BYTES): Body {
  const promised = readPromises(request);
  if (promised.length === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (promised.length > maxBytes) throw tooLarge(maxBytes);
  let found: Digests | undefined;
  async function* checked(): AsyncGenerator<Buffer> {
    const digester = new Digester(promised.sha256Hex !== undefined);
    for await (const chunk of payload(request, identity, promised)) {
      digester.update(chunk);
      if (digester.bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
    const ended = digester.end();
    checkPromises(promised, ended);
    found = ended;
  }
  return {
    chunks: checked(),
    digests: () => {
      if (!found) throw new Error('The body has not been read to its end.');
      return found;
    },
  };
}

/** Reads a small body, such as an XML document, as text. */
export async function readDocument(request: S3Request, identity: Identity): Promise<string> {
  return text(openBody(request, identity, MAX_DOCUMENT_BYTES).chunks);
}

const tooLarge = (maxBytes: number) =>
  new S3Error('EntityTooLarge', `Your proposed upload exceeds the maximum of ${maxBytes} bytes.`);

function payload(request: S3Request, identity: Identity, promised: Promised): AsyncGenerator<Buffer> {
  const bytes = receivedBytes(request);
  if (!isAwsChunked(request)) return bytes;
  return unframed(bytes, chunkSigning(request, identity), promised);
}

function chunkSigning(request: S3Request, identity: Identity): ChunkSigning | undefined {
  const kind = request.headers.get('x-amz-content-sha256') ?? '';
  if (kind === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return undefined;
  if (!/^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/.test(kind)) throw notImplemented(`The body ${kind}`);
  if (identity.kind === 'anonymous') {
    throw new S3Error('AccessDenied', 'Signed chunks need a signed request.');
  }
  return identity.signing;
}

/** The raw bytes. Stopping early must not destroy the request: its socket still has to carry the refusal. */
async function* receivedBytes({ message }: S3Request): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch (cause) {
    throw Object.assign(new S3Error('IncompleteBody', 'The body was cut off.'), { cause });
  }
  if (!message.complete) throw new S3Error('IncompleteBody', 'The body was cut off.');
}

async function* unframed(
  bytes: AsyncGenerator<Buffer>,
  signing: ChunkSigning | undefined,
  promised: Promised,
): AsyncGenerator<Buffer> {
  const parser = new ChunkParser();
  const signatures = signing && new ChunkSignatures(signing);
  for await (const piece of bytes) {
    for (const event of parser.push(piece)) {
      signatures?.take(event);
      if (event.kind === 'data') yield event.data;
      if (event.kind === 'trailer' && event.name === 'x-amz-checksum-crc32') promised.crc32 = event.value;
    }
  }
  parser.end();
  signatures?.end();
}
