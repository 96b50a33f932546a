import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { decodeUri, encodeUri } from './uri.js';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 's3';
const TERMINATOR = 'aws4_request';

/** What a SigV4 signature covers (AWS General Reference, "Signature Version 4"). */
export interface SignedParts {
  method: string;
  rawPath: string;
  queryPairs: readonly (readonly [name: string, value: string])[];
  headers: ReadonlyMap<string, string>;
  signedHeaders: readonly string[];
  payloadHash: string;
}

/** Where and when a signature is valid: `day` is `YYYYMMDD`. */
export interface Scope {
  day: string;
  region: string;
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The path decoded once and encoded again, so that every client's escaping gives the same text. S3 keeps `//` and dots. */
export function canonicalPath(rawPath: string): string {
  return rawPath
    .split('/')
    .map((segment) => encodeUri(decodeUri(segment)))
    .join('/');
}

/** All pairs except the signature itself, encoded, then sorted by encoded name and value. */
export function canonicalQuery(pairs: SignedParts['queryPairs']): string {
  return pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function canonicalRequest(parts: SignedParts): string {
  const names = [...parts.signedHeaders].sort(byBytes);
  const headers = names.map(
    (name) => `${name}:${(parts.headers.get(name) ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  return [
    parts.method,
    canonicalPath(parts.rawPath),
    canonicalQuery(parts.queryPairs),
    headers.join(''),
    names.join(';'),
    parts.payloadHash,
  ].join('\n');
}

export function scopeText(scope: Scope): string {
  return `${scope.day}/${scope.region}/${SERVICE}/${TERMINATOR}`;
}

/** Reads `YYYYMMDD/region/s3/aws4_request`. */
export function parseScope(parts: string[]): Scope | undefined {
  const [day, region, service, terminator, ...rest] = parts;
  if (!day || !region || service !== SERVICE || terminator !== TERMINATOR || rest.length > 0)
    return undefined;
  return /^\d{8}$/.test(day) ? { day, region } : undefined;
}

export function stringToSign(timestamp: string, scope: Scope, canonical: string): string {
  return [ALGORITHM, timestamp, scopeText(scope), sha256Hex(canonical)].join('\n');
}

export function signingKey(secretAccessKey: string, scope: Scope): Buffer {
  const dayKey = hmac(`AWS4${secretAccessKey}`, scope.day);
  return hmac(hmac(hmac(dayKey, scope.region), SERVICE), TERMINATOR);
}

/** The hexadecimal signature of a string to sign. */
export function sign(key: Uint8Array, text: string): string {
  return hmac(key, text).toString('hex');
}

/** Compares two texts in constant time. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Reads `YYYYMMDDTHHMMSSZ`; not a time → `undefined`. */
export function parseTimestamp(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
