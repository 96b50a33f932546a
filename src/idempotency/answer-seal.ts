import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { IdempotencyKey } from './idempotency-key.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals an answer that holds a secret by the very `Idempotency-Key` that brings it back, of which only a hash is kept:
 * who reads the table can read neither, as long as clients' keys cannot be guessed.
 */
export class AnswerSeal {
  /** The key as it is kept. */
  readonly kept: IdempotencyKey;
  private readonly secret: Buffer;

  constructor(key: IdempotencyKey) {
    this.kept = { ...key, key: createHash('sha256').update(`${key.scope}\n${key.key}`).digest('hex') };
    this.secret = Buffer.from(hkdfSync('sha256', key.key, key.scope, 'idempotent answer', KEY_BYTES));
  }

  close(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.secret, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws when the text was sealed by another key, or changed. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv(CIPHER, this.secret, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(opened).toString('utf8');
  }
}
