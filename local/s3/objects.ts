import { openBody } from './body.js';
import type { Bucket, ObjectRecord } from './bucket.js';
import { parseRange } from './byte-range.js';
import { isNotModified, rangeApplies, requireWritable } from './conditions.js';
import { S3Error } from './errors.js';
import {
  checksumHeaders,
  encryptionHeader,
  readHeaders,
  storedAcl,
  storedHeaders,
} from './object-headers.js';
import type { Call } from './operation.js';
import { emptyReply, type S3Reply } from './reply.js';

/** PutObject. The condition is tested before the body, to refuse early, and again when it is in, to be true. */
export async function putObject({ request, identity, storage, now }: Call): Promise<S3Reply> {
  const bucket = storage.bucket(request.bucketName);
  const headers = storedHeaders(request);
  const acl = storedAcl(request);
  requireWritable(request.headers, bucket.objects.get(request.key));
  const body = openBody(request, identity);
  const id = await storage.bodies.write(body.chunks);
  const { size, md5Hex, crc32 } = body.digests();
  const segments = [{ id, size }];
  try {
    const current = storage.bucket(request.bucketName);
    requireWritable(request.headers, current.objects.get(request.key));
    const replaced = current.putObject({
      key: request.key,
      etag: md5Hex,
      size,
      lastModified: now.toISOString(),
      headers,
      acl,
      crc32,
      checksumType: 'FULL_OBJECT',
      segments,
    });
    storage.bodies.remove(replaced);
  } catch (error) {
    storage.bodies.remove(segments);
    throw error;
  }
  return emptyReply(200, {
    etag: `"${md5Hex}"`,
    'x-amz-checksum-crc32': crc32,
    'x-amz-checksum-type': 'FULL_OBJECT',
    ...encryptionHeader(headers),
  });
}

/** The object of that key, or the 404 that S3 gives. */
export function requireObject(bucket: Bucket, key: string): ObjectRecord {
  const object = bucket.objects.get(key);
  if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  return object;
}

export function headObject({ request, storage }: Call): S3Reply {
  const object = requireObject(storage.bucket(request.bucketName), request.key);
  const headers = readHeaders(object, request);
  if (isNotModified(request.headers, object)) return notModified(headers);
  const range = rangeApplies(request.headers, object)
    ? parseRange(request.headers.get('range'), object.size)
    : undefined;
  if (!range) return emptyReply(200, { ...headers, ...checksumHeaders(object, request) });
  return emptyReply(206, {
    ...headers,
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${object.size}`,
  });
}

/** GetObject: what HEAD answers, and the bytes. */
export function getObject(call: Call): S3Reply {
  const reply = headObject(call);
  if (reply.status === 304) return reply;
  const { request, storage } = call;
  const object = requireObject(storage.bucket(request.bucketName), request.key);
  const range = reply.status === 206 ? parseRange(request.headers.get('range'), object.size) : undefined;
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  return {
    ...reply,
    body: storage.bodies.read(object.segments, start, end),
    release: storage.bodies.retain(object.segments),
  };
}

function notModified(headers: Record<string, string>): S3Reply {
  const kept = ['etag', 'last-modified', 'cache-control', 'expires'];
  return emptyReply(304, Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name))));
}

/** DeleteObject: a key that is not there is as good as deleted. */
export function deleteObject({ request, storage }: Call): S3Reply {
  const bucket = storage.bucket(request.bucketName);
  const current = bucket.objects.get(request.key);
  if (request.headers.has('if-match')) requireWritable(request.headers, current);
  storage.bodies.remove(bucket.deleteObject(request.key));
  return emptyReply(204);
}
