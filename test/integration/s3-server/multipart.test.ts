import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { BUCKET, someBytes, startTestServer, type TestServer } from './start-server.js';

const FULL = someBytes(5 * 1024 ** 2, 1);
const TAIL = someBytes(1234, 2);
let s3: TestServer;

beforeEach(async () => {
  s3 = await startTestServer();
});
afterEach(() => s3.stop());

async function create(Key: string, input = {}): Promise<string> {
  const { UploadId } = await s3.client.send(
    new CreateMultipartUploadCommand({ Bucket: BUCKET, Key, ...input }),
  );
  return UploadId!;
}

async function uploadPart(Key: string, UploadId: string, PartNumber: number, Body: Buffer) {
  const { ETag } = await s3.client.send(
    new UploadPartCommand({ Bucket: BUCKET, Key, UploadId, PartNumber, Body }),
  );
  return { PartNumber, ETag };
}

const complete = (Key: string, UploadId: string, Parts: CompletedPart[], input = {}) =>
  s3.client.send(
    new CompleteMultipartUploadCommand({
      Bucket: BUCKET,
      Key,
      UploadId,
      MultipartUpload: { Parts },
      ...input,
    }),
  );
const abort = (Key: string, UploadId: string) =>
  s3.client.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId }));
const head = (Key: string) =>
  s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
const openUploads = async (input = {}) =>
  s3.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, ...input }));
const bodyFiles = () => readdir(join(s3.dir, 'bodies'));

async function bytesOf(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, Range }));
  return Buffer.from(await Body!.transformToByteArray());
}

describe('a multipart upload', () => {
  it('becomes one object of its parts, with the headers of its creation', async () => {
    const id = await create('film', {
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      ServerSideEncryption: 'AES256',
      ChecksumAlgorithm: 'CRC32',
    });
    const parts = [await uploadPart('film', id, 1, FULL), await uploadPart('film', id, 7, TAIL)];
    await expect(head('film')).rejects.toMatchObject({ name: 'NotFound' });
    const done = await complete('film', id, parts);
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
    const etag = `"${md5(Buffer.concat([md5(FULL), md5(TAIL)])).toString('hex')}-2"`;
    expect(done.ETag).toBe(etag);
    expect(await head('film')).toMatchObject({
      ETag: etag,
      ContentLength: FULL.length + TAIL.length,
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      ServerSideEncryption: 'AES256',
      ChecksumType: 'COMPOSITE',
      ChecksumCRC32: done.ChecksumCRC32,
    });
    expect((await bytesOf('film')).equals(Buffer.concat([FULL, TAIL]))).toBe(true);
    expect((await openUploads()).Uploads).toBeUndefined();
  });

  it('gives ranges across the border of parts', async () => {
    const id = await create('film');
    await complete('film', id, [
      await uploadPart('film', id, 1, FULL),
      await uploadPart('film', id, 2, TAIL),
    ]);
    const start = FULL.length - 10;
    const found = await bytesOf('film', `bytes=${start}-${start + 19}`);
    expect(found.equals(Buffer.concat([FULL.subarray(-10), TAIL.subarray(0, 10)]))).toBe(true);
    expect((await bytesOf('film', 'bytes=-5')).equals(TAIL.subarray(-5))).toBe(true);
  });

  it('takes the last of parts with the same number and keeps no bytes of the others', async () => {
    const id = await create('again');
    await uploadPart('again', id, 1, FULL);
    await uploadPart('again', id, 2, TAIL);
    const part = await uploadPart('again', id, 1, TAIL);
    await complete('again', id, [part]);
    expect((await bytesOf('again')).equals(TAIL)).toBe(true);
    await s3.restart();
    expect(await bodyFiles()).toHaveLength(1);
  });

  it('is refused when its list of parts is wrong, and can then be completed rightly', async () => {
    const id = await create('strict');
    const small = await uploadPart('strict', id, 1, TAIL);
    const big = await uploadPart('strict', id, 2, FULL);
    const wrong: [CompletedPart[], string][] = [
      [[big, small], 'InvalidPartOrder'],
      [[small, small], 'InvalidPartOrder'],
      [[small, big], 'EntityTooSmall'],
      [[{ ...big, ETag: small.ETag }], 'InvalidPart'],
      [[{ ...big, PartNumber: 3 }], 'InvalidPart'],
      [[{ ...big, ChecksumCRC32: 'AAAAAA==' }], 'InvalidPart'],
      [[], 'MalformedXML'],
    ];
    for (const [parts, code] of wrong) {
      await expect(complete('strict', id, parts)).rejects.toMatchObject({ name: code });
    }
    await complete('strict', id, [big]);
    expect((await head('strict')).ContentLength).toBe(FULL.length);
  });

  it('is gone when aborted, and its key stays missing', async () => {
    const id = await create('given-up');
    await uploadPart('given-up', id, 1, TAIL);
    await abort('given-up', id);
    await expect(head('given-up')).rejects.toMatchObject({ name: 'NotFound' });
    const NoSuchUpload = { name: 'NoSuchUpload', $metadata: { httpStatusCode: 404 } };
    await expect(uploadPart('given-up', id, 2, TAIL)).rejects.toMatchObject(NoSuchUpload);
    await expect(complete('given-up', id, [])).rejects.toMatchObject(NoSuchUpload);
    await expect(abort('given-up', id)).rejects.toMatchObject(NoSuchUpload);
    await s3.restart();
    expect(await bodyFiles()).toEqual([]);
  });

  it('throws a part away that ends after the abort', async () => {
    const id = await create('late');
    const url = await getSignedUrl(
      s3.newClient({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
      new UploadPartCommand({ Bucket: BUCKET, Key: 'late', UploadId: id, PartNumber: 1 }),
    );
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(url, { method: 'PUT', headers: { 'content-length': TAIL.length } });
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.write(TAIL.subarray(0, 10), () => {
        abort('late', id).then(() => sending.end(TAIL.subarray(10)), reject);
      });
    });
    expect(status).toBe(404);
    await s3.restart();
    expect(await bodyFiles()).toEqual([]);
  });

  it('survives a restart of the server', async () => {
    const id = await create('patient');
    const first = await uploadPart('patient', id, 1, FULL);
    await s3.restart();
    const second = await uploadPart('patient', id, 2, TAIL);
    await complete('patient', id, [first, second]);
    expect((await bytesOf('patient')).equals(Buffer.concat([FULL, TAIL]))).toBe(true);
  });

  it('honours write-once at its end', async () => {
    const [winner, loser] = [await create('once'), await create('once')];
    const parts = [await uploadPart('once', winner, 1, TAIL)];
    const others = [await uploadPart('once', loser, 1, FULL)];
    await complete('once', winner, parts, { IfNoneMatch: '*' });
    await expect(complete('once', loser, others, { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect((await head('once')).ContentLength).toBe(TAIL.length);
  });

  it('does not take parts from other objects, which is not implemented', async () => {
    const id = await create('copied');
    const command = new UploadPartCopyCommand({
      Bucket: BUCKET,
      Key: 'copied',
      UploadId: id,
      PartNumber: 1,
      CopySource: `${BUCKET}/source`,
    });
    await expect(s3.client.send(command)).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it.each([0, 10_001])('has no part number %i', async (PartNumber) => {
    const id = await create('numbers');
    await expect(uploadPart('numbers', id, PartNumber, TAIL)).rejects.toMatchObject({
      name: 'InvalidArgument',
    });
  });
});

describe('the lists of what is unfinished', () => {
  it('show uploads by key and page by page', async () => {
    const ids = [await create('b'), await create('a/1'), await create('a/2')];
    const first = await openUploads({ MaxUploads: 2 });
    expect(first.Uploads?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
    expect(first.IsTruncated).toBe(true);
    const second = await openUploads({
      KeyMarker: first.NextKeyMarker,
      UploadIdMarker: first.NextUploadIdMarker,
    });
    expect(second.Uploads?.map(({ UploadId }) => UploadId)).toEqual([ids[0]]);
    expect((await openUploads({ Prefix: 'a/' })).Uploads).toHaveLength(2);
  });

  it('show parts by number and page by page', async () => {
    const id = await create('parts');
    for (const number of [3, 1, 2]) await uploadPart('parts', id, number, TAIL);
    const list = (input: object) =>
      s3.client.send(new ListPartsCommand({ Bucket: BUCKET, Key: 'parts', UploadId: id, ...input }));
    const first = await list({ MaxParts: 2 });
    expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, TAIL.length],
      [2, TAIL.length],
    ]);
    const second = await list({ PartNumberMarker: first.NextPartNumberMarker });
    expect(second.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([3]);
    expect(second.IsTruncated).toBe(false);
  });
});
