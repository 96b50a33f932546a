import type { ObjectRecord } from './bucket.js';
import { Digester } from './checksums.js';
import { requireCopyable, requireWritable } from './conditions.js';
import { S3Error, notImplemented } from './errors.js';
import { encryptionHeader, storedAcl, storedHeaders } from './object-headers.js';
import { requireObject } from './objects.js';
import type { Call } from './operation.js';
import { xmlReply, type S3Reply } from './reply.js';
import type { Storage } from './storage.js';
import { decodeUri } from './uri.js';

/** CopyObject: the bytes are copied, so that source and copy live and die apart. A multipart source becomes one body. */
export async function copyObject({ request, storage, now }: Call): Promise<S3Reply> {
  const source = readSource(request.headers.get('x-amz-copy-source') ?? '');
  const object = requireObject(storage.bucket(source.bucketName), source.key);
  requireCopyable(request.headers, object);
  const bucket = storage.bucket(request.bucketName);
  requireWritable(request.headers, bucket.objects.get(request.key));
  const replaces = directive(request.headers.get('x-amz-metadata-directive'));
  const isItself = source.bucketName === request.bucketName && source.key === request.key;
  if (isItself && !replaces) {
    throw new S3Error('InvalidRequest', 'An object can be copied to itself only with other metadata.');
  }
  const asked = storedHeaders(request);
  const headers = replaces ? asked : { ...object.headers, ...encryptionHeader(asked) };
  const acl = storedAcl(request);
  const { segments, etag, crc32 } = await copyBytes(storage, object);
  const copy: ObjectRecord = {
    key: request.key,
    etag,
    size: object.size,
    lastModified: now.toISOString(),
    headers,
    acl,
    crc32,
    checksumType: 'FULL_OBJECT',
    segments,
  };
  try {
    const current = storage.bucket(request.bucketName);
    requireWritable(request.headers, current.objects.get(request.key));
    storage.bodies.remove(current.putObject(copy));
  } catch (error) {
    storage.bodies.remove(segments);
    throw error;
  }
  return xmlReply(
    'CopyObjectResult',
    [
      ['LastModified', copy.lastModified],
      ['ETag', `"${copy.etag}"`],
      ['ChecksumCRC32', copy.crc32],
      ['ChecksumType', copy.checksumType],
    ],
    encryptionHeader(headers),
  );
}

async function copyBytes(storage: Storage, object: ObjectRecord) {
  const digester = new Digester(false);
  async function* digested() {
    for await (const chunk of storage.bodies.read(object.segments, 0, object.size - 1)) {
      digester.update(chunk);
      yield chunk;
    }
  }
  const release = storage.bodies.retain(object.segments);
  try {
    const id = await storage.bodies.write(digested());
    const { md5Hex, crc32 } = digester.end();
    return { segments: [{ id, size: object.size }], etag: md5Hex, crc32 };
  } finally {
    release();
  }
}

/** Reads `[/]bucket/key`, URL-encoded. */
function readSource(header: string): { bucketName: string; key: string } {
  const [path = '', version] = header.replace(/^\//, '').split('?');
  if (version !== undefined) throw notImplemented('Copying a version');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: bucket/key');
  }
  return { bucketName: decodeUri(path.slice(0, slash)), key: decodeUri(path.slice(slash + 1)) };
}

function directive(value = 'COPY'): boolean {
  if (value !== 'COPY' && value !== 'REPLACE') {
    throw new S3Error('InvalidArgument', 'x-amz-metadata-directive must be COPY or REPLACE.');
  }
  return value === 'REPLACE';
}
