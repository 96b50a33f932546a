import type { PartRecord, Upload } from './bucket.js';
import { compareKeys } from './key-index.js';
import { keyEncoding } from './list-objects.js';
import type { Call } from './operation.js';
import { xmlReply, type S3Reply } from './reply.js';
import { integerParameter } from './request.js';
import type { XmlField } from './xml.js';

const MAX_ITEMS = 1000;

/** ListMultipartUploads, by key, then by start. */
export function listUploads({ request, storage }: Call): S3Reply {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = integerParameter(request, 'max-uploads', { min: 1, max: MAX_ITEMS, default: MAX_ITEMS });
  const encode = keyEncoding(query.get('encoding-type'));
  const sorted = [...storage.bucket(request.bucketName).uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort(byKeyAndStart);
  const marked = idMarker === '' ? -1 : sorted.findIndex(({ uploadId }) => uploadId === idMarker);
  const rest =
    marked < 0 ? sorted.filter(({ key }) => compareKeys(key, keyMarker) > 0) : sorted.slice(marked + 1);
  const page = keyMarker === '' ? sorted : rest;
  const shown = page.slice(0, maxUploads);
  const last = page.length > maxUploads ? shown.at(-1) : undefined;
  return xmlReply('ListMultipartUploadsResult', [
    ['Bucket', request.bucketName],
    ['KeyMarker', encode(keyMarker)],
    ['UploadIdMarker', idMarker],
    ['NextKeyMarker', last && encode(last.key)],
    ['NextUploadIdMarker', last?.uploadId],
    ['Prefix', encode(prefix)],
    ['EncodingType', query.get('encoding-type')],
    ['MaxUploads', maxUploads],
    ['IsTruncated', last !== undefined],
    ...shown.map((upload): XmlField => uploadFields(upload, encode)),
  ]);
}

function byKeyAndStart(a: Upload, b: Upload): number {
  return (
    compareKeys(a.key, b.key) || compareKeys(a.initiated, b.initiated) || compareKeys(a.uploadId, b.uploadId)
  );
}

function uploadFields(upload: Upload, encode: (key: string) => string): XmlField {
  return [
    'Upload',
    [
      ['Key', encode(upload.key)],
      ['UploadId', upload.uploadId],
      ['StorageClass', 'STANDARD'],
      ['Initiated', upload.initiated],
    ],
  ];
}

/** ListParts, by part number. */
export function listParts({ request, storage }: Call): S3Reply {
  const upload = storage.bucket(request.bucketName).upload(request.query.get('uploadId'), request.key);
  const maxParts = integerParameter(request, 'max-parts', { min: 1, max: MAX_ITEMS, default: MAX_ITEMS });
  const marker = integerParameter(request, 'part-number-marker', { min: 0, max: 10_000, default: 0 });
  const rest = [...upload.parts.values()]
    .filter(({ partNumber }) => partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const shown = rest.slice(0, maxParts);
  const isTruncated = rest.length > shown.length;
  return xmlReply('ListPartsResult', [
    ['Bucket', request.bucketName],
    ['Key', request.key],
    ['UploadId', upload.uploadId],
    ['PartNumberMarker', marker],
    ['NextPartNumberMarker', isTruncated ? shown.at(-1)?.partNumber : undefined],
    ['MaxParts', maxParts],
    ['IsTruncated', isTruncated],
    ['StorageClass', 'STANDARD'],
    ...shown.map(partFields),
  ]);
}

function partFields(part: PartRecord): XmlField {
  return [
    'Part',
    [
      ['PartNumber', part.partNumber],
      ['LastModified', part.lastModified],
      ['ETag', `"${part.etag}"`],
      ['Size', part.size],
      ['ChecksumCRC32', part.crc32],
    ],
  ];
}
