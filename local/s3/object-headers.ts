import type { ObjectAcl, ObjectRecord } from './bucket.js';
import { S3Error, notImplemented } from './errors.js';
import { checkHeaderValue, type S3Request } from './request.js';

const ENCRYPTION = 'x-amz-server-side-encryption';
const KEPT = ['cache-control', 'content-disposition', 'content-language', 'expires'];
const MAX_METADATA_BYTES = 2048;

/** Headers that would change what is stored or who may read it, and that this server does not act upon. */
const UNSUPPORTED =
  /^x-amz-(object-lock-|server-side-encryption-|copy-source-server-side-encryption-|tagging|grant-|website-redirect-location|write-offset-bytes|copy-source-range)/;

/** The headers of a write that GET and HEAD give back, encryption included. */
export function storedHeaders(request: S3Request): Record<string, string> {
  const { headers } = request;
  refuseUnsupported(request);
  const stored: Record<string, string> = {
    'content-type': headers.get('content-type') || 'application/octet-stream',
  };
  const encoding = storedEncoding(headers.get('content-encoding'));
  if (encoding) stored['content-encoding'] = encoding;
  for (const [name, value] of headers) {
    if (KEPT.includes(name) || name.startsWith('x-amz-meta-')) stored[name] = value;
  }
  if (headers.has(ENCRYPTION)) stored[ENCRYPTION] = 'AES256';
  checkMetadataSize(stored);
  return stored;
}

function refuseUnsupported({ headers }: S3Request): void {
  for (const name of headers.keys()) {
    if (UNSUPPORTED.test(name)) throw notImplemented(`The header ${name}`);
  }
  const encryption = headers.get(ENCRYPTION);
  if (encryption !== undefined && encryption !== 'AES256')
    throw notImplemented(`Encryption by ${encryption}`);
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD';
  if (storageClass !== 'STANDARD') throw notImplemented(`The storage class ${storageClass}`);
}

/** `aws-chunked` is the framing of the request, not an encoding of the object. */
function storedEncoding(header: string | undefined): string {
  return (header ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked')
    .join(',');
}

function checkMetadataSize(stored: Record<string, string>): void {
  const bytes = Object.entries(stored)
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .reduce((sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + Buffer.byteLength(value), 0);
  if (bytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      'InvalidArgument',
      `Your metadata headers exceed the maximum of ${MAX_METADATA_BYTES} bytes.`,
    );
  }
}

/** The canned ACL of a write; those that only name the owner mean private. */
export function storedAcl({ headers }: S3Request): ObjectAcl {
  const acl = headers.get('x-amz-acl') ?? 'private';
  if (acl === 'public-read') return acl;
  if (['private', 'bucket-owner-full-control', 'bucket-owner-read'].includes(acl)) return 'private';
  throw notImplemented(`The ACL ${acl}`);
}

/** The encryption header, for the answers to writes. */
export function encryptionHeader(headers: Record<string, string>): Record<string, string> {
  const encryption = headers[ENCRYPTION];
  return encryption === undefined ? {} : { [ENCRYPTION]: encryption };
}

/** The headers of a whole object, with the `response-*` overrides of the query. */
export function readHeaders(object: ObjectRecord, request: S3Request): Record<string, string> {
  const headers: Record<string, string> = {
    ...object.headers,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'content-length': String(object.size),
  };
  for (const [name, value] of request.query) {
    const overridden = name.startsWith('response-') ? name.slice('response-'.length) : undefined;
    if (overridden) headers[overridden] = checkHeaderValue(overridden, value);
  }
  return headers;
}

/** The checksum of a whole object, when the client asked for it. A range must never carry it. */
export function checksumHeaders(object: ObjectRecord, request: S3Request): Record<string, string> {
  const wanted = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  if (!wanted || object.crc32 === undefined) return {};
  return { 'x-amz-checksum-crc32': object.crc32, 'x-amz-checksum-type': object.checksumType };
}
