import { createHash } from 'node:crypto';

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandInput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';

import { BUCKET, someBytes, startTestServer, type TestServer } from './start-server.js';

const CONTENT = Buffer.from('0123456789');
let s3: TestServer;

beforeAll(async () => {
  s3 = await startTestServer();
});
afterAll(() => s3.stop());

const put = (Key: string, input: Partial<PutObjectCommandInput> = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: CONTENT, ...input }));
const get = (Key: string, input: Partial<GetObjectCommandInput> = {}) =>
  s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...input }));
const head = (Key: string) =>
  s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
const remove = (Key: string) => s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));

describe('an object', () => {
  it('gives back all that was stored with it', async () => {
    const stored = await put('full', {
      ContentType: 'image/webp',
      CacheControl: 'max-age=60',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'pt',
      Metadata: { job: '42' },
      ServerSideEncryption: 'AES256',
    });
    const etag = `"${createHash('md5').update(CONTENT).digest('hex')}"`;
    expect(stored).toMatchObject({
      ETag: etag,
      ServerSideEncryption: 'AES256',
      ChecksumCRC32: 'poTHxg==',
    });
    expect(await head('full')).toMatchObject({
      ETag: etag,
      ContentLength: 10,
      ContentType: 'image/webp',
      CacheControl: 'max-age=60',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'pt',
      AcceptRanges: 'bytes',
      Metadata: { job: '42' },
      ServerSideEncryption: 'AES256',
      ChecksumCRC32: stored.ChecksumCRC32,
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it('is not encrypted and an octet stream when nothing is said', async () => {
    await put('plain');
    const found = await head('plain');
    expect(found.ServerSideEncryption).toBeUndefined();
    expect(found.ContentType).toBe('application/octet-stream');
  });

  it('takes the headers that the reader asks for', async () => {
    await put('override');
    const found = await get('override', {
      ResponseContentType: 'text/plain',
      ResponseContentDisposition: 'attachment; filename="a b.txt"',
      ResponseCacheControl: 'no-store',
    });
    await found.Body!.transformToByteArray();
    expect(found).toMatchObject({
      ContentType: 'text/plain',
      ContentDisposition: 'attachment; filename="a b.txt"',
      CacheControl: 'no-store',
    });
  });

  it.each([
    'a b.txt',
    'a+b=c&d',
    "it's (1)*!.txt",
    'percent%20 %2F %',
    'ünï/日本/𝄞',
    '../../etc/passwd',
    'a//b/./c/',
    '/leading',
    '?question#hash',
    'control\u0001char',
    'k'.repeat(1024),
  ])('may be called %j', async (key) => {
    await put(key);
    expect((await head(key)).ContentLength).toBe(10);
    const { Contents = [] } = await s3.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: key, EncodingType: 'url' }),
    );
    expect(Contents.map(({ Key = '' }) => decodeURIComponent(Key))).toContain(key);
    await remove(key);
    await expect(head(key)).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('may not be called more than 1024 bytes', async () => {
    await expect(put('k'.repeat(1025))).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  it('is removed without complaint when it is not there', async () => {
    expect((await remove('never-was')).$metadata.httpStatusCode).toBe(204);
  });

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=3-5', '345', 'bytes 3-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ])('answers the range %s with %s', async (Range, text, contentRange) => {
    await put('range');
    const found = await get('range', { Range });
    expect(await found.Body!.transformToString()).toBe(text);
    expect(found).toMatchObject({ ContentRange: contentRange, ContentLength: text.length });
    expect(found.ChecksumCRC32).toBeUndefined();
    expect(found.$metadata.httpStatusCode).toBe(206);
  });

  it('refuses a range that begins past its end', async () => {
    await put('range');
    await expect(get('range', { Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
  });

  it('is not sent again to a reader who has it', async () => {
    const { ETag } = await put('cached');
    await expect(get('cached', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(get('cached', { IfMatch: '"other"' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 412 },
    });
  });

  it('stays whole for a reader while it is replaced', async () => {
    const before = someBytes(3_000_000, 1);
    await put('replaced', { Body: before });
    const reading = await get('replaced');
    await put('replaced', { Body: someBytes(3_000_000, 2) });
    await remove('replaced');
    expect(Buffer.from(await reading.Body!.transformToByteArray()).equals(before)).toBe(true);
  });
});

describe('a conditional write', () => {
  it('is done once by If-None-Match: *', async () => {
    await put('once', { IfNoneMatch: '*' });
    await expect(put('once', { IfNoneMatch: '*', Body: 'other' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect((await head('once')).ContentLength).toBe(10);
  });

  it('has exactly one winner when many write at once', async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      put('race', { IfNoneMatch: '*', Body: someBytes(50_000, index) }),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('replaces by If-Match only what the writer knows', async () => {
    const { ETag } = await put('known');
    await put('known', { IfMatch: ETag, Body: 'second' });
    await expect(put('known', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('unknown', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('a write that does not keep its promises', () => {
  it.each<[string, Partial<PutObjectCommandInput>, string]>([
    ['another MD5', { ContentMD5: createHash('md5').update('other').digest('base64') }, 'BadDigest'],
    ['no MD5 at all', { ContentMD5: 'short' }, 'InvalidDigest'],
    ['another CRC32', { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
    ['a checksum of another kind', { ChecksumAlgorithm: 'SHA256' }, 'NotImplemented'],
    ['encryption by KMS', { ServerSideEncryption: 'aws:kms' }, 'NotImplemented'],
    ['tags', { Tagging: 'a=b' }, 'NotImplemented'],
    ['an ACL that is not known', { ACL: 'public-read-write' }, 'NotImplemented'],
    ['another storage class', { StorageClass: 'GLACIER' }, 'NotImplemented'],
    ['too much metadata', { Metadata: { a: 'x'.repeat(2048) } }, 'InvalidArgument'],
  ])('by %s is refused and stores nothing', async (_, input, code) => {
    await expect(put('refused', input)).rejects.toMatchObject({ name: code });
    await expect(head('refused')).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('by a body that was changed after signing is refused', async () => {
    const client = s3.newClient({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: unknown };
        request.body = Buffer.from('9876543210');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await expect(
      client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'refused', Body: CONTENT })),
    ).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
  });
});

describe('a copy', () => {
  const copy = (Key: string, CopySource: string, input = {}) =>
    s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource, ...input }));

  it('keeps bytes and metadata and outlives its source', async () => {
    await put('source é+', { ContentType: 'video/mp4', Metadata: { a: 'b' } });
    const result = await copy('copied', `/${BUCKET}/${encodeURIComponent('source é+')}`);
    await remove('source é+');
    const found = await get('copied');
    expect(await found.Body!.transformToString()).toBe(CONTENT.toString());
    expect(found).toMatchObject({
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      ETag: result.CopyObjectResult?.ETag,
    });
  });

  it('takes new metadata when told to', async () => {
    await put('source', { ContentType: 'video/mp4', Metadata: { a: 'b' } });
    await copy('source', `${BUCKET}/source`, {
      MetadataDirective: 'REPLACE',
      ContentType: 'audio/wav',
      Metadata: { c: 'd' },
    });
    expect(await head('source')).toMatchObject({ ContentType: 'audio/wav', Metadata: { c: 'd' } });
  });

  it.each([
    ['of nothing', `${BUCKET}/missing`, {}, 'NoSuchKey'],
    ['from no bucket', 'nowhere/source', {}, 'NoSuchBucket'],
    ['onto itself without a change', `${BUCKET}/target`, {}, 'InvalidRequest'],
    ['from nowhere', 'nonsense', {}, 'InvalidArgument'],
    [
      'of another version of the source',
      `${BUCKET}/target`,
      { CopySourceIfMatch: '"x"' },
      'PreconditionFailed',
    ],
  ])('%s is refused', async (_, source, input, code) => {
    await put('target');
    await expect(copy('target', source, input)).rejects.toMatchObject({ name: code });
  });
});

describe('deleting many', () => {
  const deleteMany = (keys: string[], Quiet = false) =>
    s3.client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet } }),
    );

  it('names what it deleted, missing keys included', async () => {
    await put('many/<1>&');
    const { Deleted } = await deleteMany(['many/<1>&', 'many/2']);
    expect(Deleted).toEqual([{ Key: 'many/<1>&' }, { Key: 'many/2' }]);
    await expect(head('many/<1>&')).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('says nothing when told to be quiet', async () => {
    expect((await deleteMany(['many/3'], true)).Deleted).toBeUndefined();
  });
});
