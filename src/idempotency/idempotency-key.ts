import { createHash } from 'node:crypto';
import { AppError } from '../errors.js';

/** A client's promise that requests with this key are one and the same request. */
export interface IdempotencyKey {
  /** Whose key it is and for which route: the same key elsewhere is another key. */
  scope: string;
  key: string;
  /** SHA-256 of the request's content, by which another body under the same key is told. */
  fingerprint: string;
}

const PRINTABLE = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads the `Idempotency-Key` header (IETF draft; with or without the quotes of a structured string); undefined when
 * there is none. Two JSON bodies that differ in white space or in the order of fields are the same body.
 */
export function readIdempotencyKey(
  header: unknown,
  scope: string,
  body: unknown,
): IdempotencyKey | undefined {
  if (header === undefined) return undefined;
  const key = typeof header === 'string' ? header.trim().replace(/^"(.*)"$/, '$1') : '';
  if (!PRINTABLE.test(key)) {
    throw new AppError(
      'invalid_parameters',
      'Idempotency-Key must be 1 to 255 printable characters without spaces',
    );
  }
  return { scope, key, fingerprint: fingerprintOf(body ?? null) };
}

/** SHA-256 (hex) of a JSON value, whatever the order of its fields. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, entry: unknown) => (isRecord(entry) ? sorted(entry) : entry));
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
