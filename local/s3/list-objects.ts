import type { ObjectRecord } from './bucket.js';
import { S3Error, notImplemented } from './errors.js';
import { compareKeys, type KeyIndex } from './key-index.js';
import type { Call } from './operation.js';
import { xmlReply, type S3Reply } from './reply.js';
import { integerParameter } from './request.js';
import { encodeUri } from './uri.js';
import type { XmlField } from './xml.js';

const MAX_KEYS = 1000;

export interface ListQuery {
  prefix: string;
  delimiter: string;
  /** Only what comes after this key or common prefix. */
  after: string;
  maxKeys: number;
}

/** One page. Objects and common prefixes count alike; `next` is where the next page goes on. */
export interface ListPage {
  objects: ObjectRecord[];
  commonPrefixes: string[];
  next: string | undefined;
}

/** Walks the keys in order and rolls those that share the part up to the delimiter into one common prefix. */
export function listPage(
  index: KeyIndex<ObjectRecord>,
  { prefix, delimiter, after, maxKeys }: ListQuery,
): ListPage {
  const page: ListPage = { objects: [], commonPrefixes: [], next: undefined };
  const start = compareKeys(after, prefix) > 0 ? after : prefix;
  let last = after;
  for (const object of index.from(start)) {
    if (!object.key.startsWith(prefix)) break;
    const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const entry = cut < 0 ? object.key : object.key.slice(0, cut + delimiter.length);
    if (entry === last || compareKeys(object.key, after) <= 0) continue;
    if (page.objects.length + page.commonPrefixes.length === maxKeys) {
      if (maxKeys > 0) page.next = last;
      break;
    }
    if (cut < 0) page.objects.push(object);
    else page.commonPrefixes.push(entry);
    last = entry;
  }
  return page;
}

/** ListObjectsV2. */
export function listObjects({ request, storage }: Call): S3Reply {
  const { query } = request;
  if (query.get('list-type') !== '2') throw notImplemented('Listing other than list-type=2');
  const bucket = storage.bucket(request.bucketName);
  const token = query.get('continuation-token');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after') ?? '';
  const maxKeys = integerParameter(request, 'max-keys', { min: 0, max: MAX_KEYS, default: MAX_KEYS });
  const after = token === undefined ? startAfter : readToken(token);
  const page = listPage(bucket.objects, { prefix, delimiter, after, maxKeys });
  const encode = keyEncoding(query.get('encoding-type'));
  return xmlReply('ListBucketResult', [
    ['Name', request.bucketName],
    ['Prefix', encode(prefix)],
    ['Delimiter', delimiter === '' ? undefined : encode(delimiter)],
    ['StartAfter', startAfter === '' ? undefined : encode(startAfter)],
    ['EncodingType', query.get('encoding-type')],
    ['MaxKeys', maxKeys],
    ['KeyCount', page.objects.length + page.commonPrefixes.length],
    ['IsTruncated', page.next !== undefined],
    ['ContinuationToken', token],
    ['NextContinuationToken', page.next === undefined ? undefined : writeToken(page.next)],
    ...page.objects.map((object): XmlField => contents(object, encode)),
    ...page.commonPrefixes.map((entry): XmlField => ['CommonPrefixes', [['Prefix', encode(entry)]]]),
  ]);
}

/** How keys are written into a listing: as they are, or percent-encoded with `/` kept. */
export function keyEncoding(type: string | undefined): (key: string) => string {
  if (type === undefined) return (key) => key;
  if (type !== 'url') throw new S3Error('InvalidArgument', "encoding-type must be 'url'.");
  return (key) => encodeUri(key).replaceAll('%2F', '/');
}

function contents(object: ObjectRecord, encode: (key: string) => string): XmlField {
  return [
    'Contents',
    [
      ['Key', encode(object.key)],
      ['LastModified', object.lastModified],
      ['ETag', `"${object.etag}"`],
      ['ChecksumAlgorithm', object.crc32 === undefined ? undefined : 'CRC32'],
      ['ChecksumType', object.crc32 === undefined ? undefined : object.checksumType],
      ['Size', object.size],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

const writeToken = (after: string) => Buffer.from(`=${after}`).toString('base64url');

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('=')) {
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect.');
  }
  return text.slice(1);
}
