import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { openBody, readDocument } from './body.js';
import type { PartRecord, Upload } from './bucket.js';
import { crc32Base64 } from './checksums.js';
import { requireWritable } from './conditions.js';
import { S3Error, notImplemented } from './errors.js';
import { encryptionHeader, storedAcl, storedHeaders } from './object-headers.js';
import type { Call } from './operation.js';
import { emptyReply, xmlReply, type S3Reply } from './reply.js';
import { childrenNamed, childText, parseXml, type XmlElement } from './xml.js';

const MIN_PART_BYTES = 5 * 1024 ** 2;
const MAX_PARTS = 10_000;

/** CreateMultipartUpload: headers, ACL and encryption are kept for the finished object. */
export function createUpload({ request, storage, now }: Call): S3Reply {
  const bucket = storage.bucket(request.bucketName);
  const algorithm = request.headers.get('x-amz-checksum-algorithm');
  if (algorithm !== undefined && algorithm !== 'CRC32') {
    throw notImplemented(`The checksum algorithm ${algorithm}`);
  }
  const type = request.headers.get('x-amz-checksum-type') ?? 'COMPOSITE';
  if (type !== 'COMPOSITE') throw notImplemented(`The checksum type ${type} of a multipart upload`);
  const headers = storedHeaders(request);
  const uploadId = randomBytes(24).toString('base64url');
  bucket.createUpload({
    uploadId,
    key: request.key,
    initiated: now.toISOString(),
    headers,
    acl: storedAcl(request),
    checksum: algorithm !== undefined,
  });
  return xmlReply(
    'InitiateMultipartUploadResult',
    [
      ['Bucket', request.bucketName],
      ['Key', request.key],
      ['UploadId', uploadId],
    ],
    {
      ...(algorithm && { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }),
      ...encryptionHeader(headers),
    },
  );
}

/** UploadPart: a repeated number replaces; a part that ends after the upload has is thrown away. */
export async function uploadPart({ request, identity, storage, now }: Call): Promise<S3Reply> {
  const partNumber = readPartNumber(request.query.get('partNumber'));
  const uploadId = request.query.get('uploadId');
  storage.bucket(request.bucketName).upload(uploadId, request.key);
  const body = openBody(request, identity);
  const id = await storage.bodies.write(body.chunks);
  const { size, md5Hex, crc32 } = body.digests();
  const segment = { id, size };
  try {
    const bucket = storage.bucket(request.bucketName);
    const upload = bucket.upload(uploadId, request.key);
    const part = { partNumber, etag: md5Hex, size, crc32, lastModified: now.toISOString(), segment };
    storage.bodies.remove(bucket.putPart(upload, part));
    return emptyReply(200, {
      etag: `"${md5Hex}"`,
      'x-amz-checksum-crc32': crc32,
      ...encryptionHeader(upload.headers),
    });
  } catch (error) {
    storage.bodies.remove([segment]);
    throw error;
  }
}

function readPartNumber(text = ''): number {
  const partNumber = Number(text);
  if (!/^\d{1,5}$/.test(text) || partNumber < 1 || partNumber > MAX_PARTS) {
    throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PARTS}.`);
  }
  return partNumber;
}

/** CompleteMultipartUpload: the parts become the segments of the object, nothing is copied. */
export async function completeUpload({ request, identity, storage, now }: Call): Promise<S3Reply> {
  const { bucketName, key } = request;
  const document = parseXml(await readDocument(request, identity), 'CompleteMultipartUpload');
  const bucket = storage.bucket(bucketName);
  const upload = bucket.upload(request.query.get('uploadId'), key);
  const parts = chooseParts(upload, childrenNamed(document, 'Part'));
  requireWritable(request.headers, bucket.objects.get(key));
  const object = {
    key,
    etag: compositeEtag(parts),
    size: parts.reduce((sum, part) => sum + part.size, 0),
    lastModified: now.toISOString(),
    headers: upload.headers,
    acl: upload.acl,
    crc32: upload.checksum ? compositeCrc32(parts) : undefined,
    checksumType: 'COMPOSITE' as const,
    segments: parts.map((part) => part.segment),
  };
  const replaced = bucket.putObject(object);
  const used = new Set(object.segments);
  const unused = bucket.deleteUpload(upload).filter((segment) => !used.has(segment));
  storage.bodies.remove([...replaced, ...unused]);
  return xmlReply(
    'CompleteMultipartUploadResult',
    [
      ['Location', `http://${request.headers.get('host') ?? ''}${request.rawPath}`],
      ['Bucket', bucketName],
      ['Key', key],
      ['ETag', `"${object.etag}"`],
      ['ChecksumCRC32', object.crc32],
      ['ChecksumType', object.crc32 === undefined ? undefined : object.checksumType],
    ],
    encryptionHeader(upload.headers),
  );
}

function chooseParts(upload: Upload, listed: XmlElement[]): PartRecord[] {
  if (listed.length === 0 || listed.length > MAX_PARTS) {
    throw new S3Error('MalformedXML', `You must specify 1 to ${MAX_PARTS} parts.`);
  }
  const numbers = listed.map((element) => readPartNumber(childText(element, 'PartNumber')));
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0))) {
    throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  const parts = listed.map((element, index) => requirePart(upload, numbers[index] ?? 0, element));
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small) {
    throw new S3Error(
      'EntityTooSmall',
      `Part ${small.partNumber} has ${small.size} bytes; every part but the last must have at least ${MIN_PART_BYTES}.`,
    );
  }
  return parts;
}

function requirePart(upload: Upload, partNumber: number, element: XmlElement): PartRecord {
  const part = upload.parts.get(partNumber);
  const etag = (childText(element, 'ETag') ?? '').trim().replace(/^"(.*)"$/, '$1');
  const crc32 = childText(element, 'ChecksumCRC32');
  if (part?.etag !== etag || (crc32 !== undefined && crc32 !== part.crc32)) {
    throw new S3Error(
      'InvalidPart',
      `Part ${partNumber} could not be found, or its ETag or checksum does not match what was uploaded.`,
    );
  }
  return part;
}

/** MD5 of the parts' binary MD5s, and their number. */
export function compositeEtag(parts: readonly Pick<PartRecord, 'etag'>[]): string {
  const digest = createHash('md5');
  for (const { etag } of parts) digest.update(Buffer.from(etag, 'hex'));
  return `${digest.digest('hex')}-${parts.length}`;
}

function compositeCrc32(parts: readonly PartRecord[]): string {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part.crc32, 'base64')));
  return `${crc32Base64(crc32(bytes))}-${parts.length}`;
}

export function abortUpload({ request, storage }: Call): S3Reply {
  const bucket = storage.bucket(request.bucketName);
  const upload = bucket.upload(request.query.get('uploadId'), request.key);
  storage.bodies.remove(bucket.deleteUpload(upload));
  return emptyReply(204);
}
