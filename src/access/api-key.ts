import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX_BYTES = 6;
const SECRET_BYTES = 32;
const FORM = /^vsl_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

/** A key just made: the text for its holder, and what is kept of it. */
export interface MadeKey {
  key: string;
  prefix: string;
  hash: Buffer;
}

/** Makes `vsl_{prefix}_{secret}`; the prefix finds the key, the secret has 256 random bits. */
export function makeKey(): MadeKey {
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  const key = `vsl_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, prefix, hash: hashKey(key) };
}

/** The prefix of a key; undefined for text that is none of ours. */
export function prefixOf(key: string): string | undefined {
  return FORM.exec(key)?.[1];
}

/** SHA-256: of 256 random bits nothing slower keeps a secret better. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Whether the key is the one that was hashed; takes the same time whatever was sent. */
export function matchesHash(key: string, hash: Buffer): boolean {
  return timingSafeEqual(hashKey(key), hash);
}
