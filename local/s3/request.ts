import { validateHeaderValue, type IncomingMessage } from 'node:http';

import { S3Error } from './errors.js';
import { decodeUri, parseQuery } from './uri.js';

const MAX_KEY_BYTES = 1024;

/** What the query of a presigned URL carries for the signature itself; the rest of its `x-amz-` names are headers. */
const SIGNING_PARAMETERS = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
]);

/** A request in S3's terms. An empty bucket name or key means that the path has none. */
export interface S3Request {
  method: string;
  /** The path as sent, still percent-encoded. */
  rawPath: string;
  bucketName: string;
  key: string;
  /** All pairs of the query, in order: what is signed. */
  queryPairs: readonly (readonly [name: string, value: string])[];
  query: ReadonlyMap<string, string>;
  /** Headers by lower-case name, with the `x-amz-` headers that a presigned URL carries in its query. */
  headers: ReadonlyMap<string, string>;
  message: IncomingMessage;
}

/** Reads path, query and headers. Addressing is path style: the first segment is the bucket, the rest the key. */
export function readRequest(message: IncomingMessage): S3Request {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  if (!rawPath.startsWith('/')) throw new S3Error('InvalidURI', 'The request target must be a path.');
  const queryPairs = mark < 0 ? [] : parseQuery(url.slice(mark + 1));
  const slash = rawPath.indexOf('/', 1);
  const key = slash < 0 ? '' : decodeUri(rawPath.slice(slash + 1));
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', `Your key is too long: at most ${MAX_KEY_BYTES} bytes of UTF-8.`);
  }
  return {
    method: message.method ?? 'GET',
    rawPath,
    bucketName: decodeUri(rawPath.slice(1, slash < 0 ? undefined : slash)),
    key,
    queryPairs,
    query: new Map(queryPairs),
    headers: readHeaders(message, queryPairs),
    message,
  };
}

function readHeaders(message: IncomingMessage, queryPairs: [string, string][]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(',') : value);
  }
  if (!queryPairs.some(([name]) => name === 'X-Amz-Signature')) return headers;
  for (const [name, value] of queryPairs) {
    const lower = name.toLowerCase();
    if (!lower.startsWith('x-amz-') || SIGNING_PARAMETERS.has(lower)) continue;
    checkHeaderValue(lower, value);
    if (!headers.has(lower)) headers.set(lower, value);
  }
  return headers;
}

/** Refuses a value from the query that cannot stand in a header. */
export function checkHeaderValue(name: string, value: string): string {
  try {
    validateHeaderValue(name, value);
  } catch {
    throw new S3Error('InvalidArgument', `The value of ${name} cannot be sent in a header.`);
  }
  return value;
}

/** A whole number from the query within its limits, or the default. */
export function integerParameter(
  request: S3Request,
  name: string,
  limits: { min: number; max: number; default: number },
): number {
  const text = request.query.get(name);
  if (text === undefined || text === '') return limits.default;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < limits.min) {
    throw new S3Error('InvalidArgument', `${name} must be a whole number of at least ${limits.min}.`);
  }
  return Math.min(value, limits.max);
}
