import { createHash, type Hash } from 'node:crypto';

import type { ChunkSigning } from './authentication.js';
import type { ChunkEvent } from './chunk-parser.js';
import { S3Error } from './errors.js';
import { sameText, scopeText, sha256Hex, sign } from './signature.js';

const EMPTY_HASH = sha256Hex('');
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/**
 * Verifies the chain of chunk signatures of a `STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]` body: each chunk's
 * signature covers the one before it (S3 API Reference, "Signature calculations: multiple chunks").
 */
export class ChunkSignatures {
  private previous: string;
  private claimed: string | undefined;
  private hash: Hash = createHash('sha256');
  private trailers = '';
  private trailerSignature: string | undefined;

  constructor(private readonly signing: ChunkSigning) {
    this.previous = signing.seedSignature;
  }

  take(event: ChunkEvent): void {
    if (event.kind === 'chunk') {
      this.hash = createHash('sha256');
      this.claimed = event.signature;
    } else if (event.kind === 'data') {
      this.hash.update(event.data);
    } else if (event.kind === 'chunk-end') {
      this.check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_HASH, this.hash.digest('hex')], this.claimed);
    } else if (event.name === TRAILER_SIGNATURE) {
      this.trailerSignature = event.value;
    } else {
      this.trailers += `${event.name}:${event.value}\n`;
    }
  }

  /** Checks the signature over the trailers, when there are any. */
  end(): void {
    if (this.trailers === '') return;
    this.check('AWS4-HMAC-SHA256-TRAILER', [sha256Hex(this.trailers)], this.trailerSignature);
  }

  private check(kind: string, hashes: string[], claimed: string | undefined): void {
    const { key, scope, timestamp } = this.signing;
    const expected = sign(key, [kind, timestamp, scopeText(scope), this.previous, ...hashes].join('\n'));
    if (!sameText(expected, claimed ?? '')) {
      throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk of the body does not match it.');
    }
    this.previous = expected;
  }
}
