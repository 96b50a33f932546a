import { S3Error } from './errors.js';

type Headers = ReadonlyMap<string, string>;

interface Validators {
  /** Without quotes. */
  etag: string;
  /** ISO 8601. */
  lastModified: string;
}

const failed = (header: string) =>
  new S3Error(
    'PreconditionFailed',
    `At least one of the pre-conditions you specified did not hold: ${header}`,
  );

function matchesEtag(header: string, etag: string): boolean {
  return header.split(',').some((candidate) => {
    const value = candidate
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return value === '*' || value === etag;
  });
}

/** An HTTP date has whole seconds: so must what it is compared with. */
function seconds(date: string): number {
  return Math.floor(Date.parse(date) / 1000);
}

/**
 * The conditions of GET and HEAD in the order of RFC 9110, section 13.2.2. Answers whether the client's copy is
 * still current (304); a condition that does not hold is a 412.
 */
export function isNotModified(headers: Headers, object: Validators): boolean {
  const ifMatch = headers.get('if-match');
  const ifUnmodifiedSince = headers.get('if-unmodified-since');
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) throw failed('If-Match');
  } else if (ifUnmodifiedSince !== undefined && seconds(object.lastModified) > seconds(ifUnmodifiedSince)) {
    throw failed('If-Unmodified-Since');
  }
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, object.etag);
  const ifModifiedSince = headers.get('if-modified-since');
  return ifModifiedSince !== undefined && seconds(object.lastModified) <= seconds(ifModifiedSince);
}

/** Whether a `Range` header counts: with `If-Range` only while the object is the one the client knows. */
export function rangeApplies(headers: Headers, object: Validators): boolean {
  const ifRange = headers.get('if-range');
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return matchesEtag(ifRange, object.etag);
  return seconds(ifRange) === seconds(object.lastModified);
}

/** The conditions of a write: `If-None-Match: *` writes once, `If-Match` replaces only what the client knows. */
export function requireWritable(headers: Headers, current: Validators | undefined): void {
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined && current && matchesEtag(ifNoneMatch, current.etag)) {
    throw failed('If-None-Match');
  }
  const ifMatch = headers.get('if-match');
  if (ifMatch === undefined) return;
  if (!current) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (!matchesEtag(ifMatch, current.etag)) throw failed('If-Match');
}

/** The conditions of a copy on its source. */
export function requireCopyable(headers: Headers, source: Validators): void {
  const names = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
  const conditions = new Map(
    names.flatMap((name): [string, string][] => {
      const value = headers.get(`x-amz-copy-source-${name}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  if (isNotModified(conditions, source)) throw failed('x-amz-copy-source-if-none-match');
}
