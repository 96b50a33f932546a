import { S3Error, notImplemented } from './errors.js';

/** First and last byte, both inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Reads a `Range` header against an object of `size` bytes (RFC 9110, section 14). A malformed one is ignored, as
 * the RFC has it; one that begins past the end is refused; several ranges at once are not implemented.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(.*)$/i.exec(header ?? '');
  if (!match?.[1]) return undefined;
  if (match[1].includes(',')) throw notImplemented('A request for several ranges');
  const range = /^(\d*)-(\d*)$/.exec(match[1].trim());
  const [, first = '', last = ''] = range ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return suffixRange(Number(last), size);
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw unsatisfiable(size);
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function suffixRange(length: number, size: number): ByteRange {
  if (length === 0 || size === 0) throw unsatisfiable(size);
  return { start: Math.max(size - length, 0), end: size - 1 };
}

function unsatisfiable(size: number): S3Error {
  return new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    'content-range': `bytes */${size}`,
  });
}
