import { readdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { startS3Server } from '../../../local/s3/server.js';
import { BUCKET, CREDENTIALS, someBytes, startTestServer, type TestServer } from './start-server.js';

let s3: TestServer;

beforeEach(async () => {
  s3 = await startTestServer();
});
afterEach(() => s3.stop());

const put = (Key: string, Body: string | Buffer = Key, input = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...input }));
const bodyFiles = () => readdir(join(s3.dir, 'bodies'));
const keys = async () => {
  const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key }) => Key);
};

describe('a restart', () => {
  it('keeps buckets and objects, byte for byte', async () => {
    const bytes = someBytes(300_001);
    await put('kept', bytes, { ContentType: 'image/png', Metadata: { a: 'b' } });
    await s3.restart();
    await s3.client.send(new HeadBucketCommand({ Bucket: BUCKET }));
    const found = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'kept' }));
    expect(Buffer.from(await found.Body!.transformToByteArray()).equals(bytes)).toBe(true);
    expect(found).toMatchObject({ ContentType: 'image/png', Metadata: { a: 'b' } });
  });

  it('removes what a killed server left behind', async () => {
    await put('kept');
    const objects = join(s3.dir, 'buckets', BUCKET, 'objects');
    await writeFile(join(s3.dir, 'bodies', 'half-written'), 'x');
    await writeFile(join(objects, 'half.json.tmp'), '{');
    await s3.restart();
    expect(await bodyFiles()).toHaveLength(1);
    expect(await readdir(objects)).toHaveLength(1);
    expect(await keys()).toEqual(['kept']);
  });

  it('is refused with a name when a record cannot be read', async () => {
    await writeFile(join(s3.dir, 'buckets', BUCKET, 'objects', 'broken.json'), '{');
    await expect(startS3Server({ dir: s3.dir, ...CREDENTIALS })).rejects.toThrow('broken.json');
  });
});

describe('an upload that is cut off', () => {
  it('stores nothing and leaves nothing', async () => {
    const url = await getSignedUrl(
      s3.newClient({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
      new PutObjectCommand({ Bucket: BUCKET, Key: 'cut' }),
    );
    await new Promise<void>((resolve) => {
      const sending = httpRequest(url, { method: 'PUT', headers: { 'content-length': 1_000_000 } });
      sending.on('error', () => resolve());
      sending.write(someBytes(100_000), () => sending.destroy());
      sending.on('close', () => resolve());
    });
    await expect(s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'cut' }))).rejects.toMatchObject(
      { name: 'NotFound' },
    );
    await s3.restart();
    expect(await bodyFiles()).toEqual([]);
  });

  it.each([
    ['no length', {}, '', 'MissingContentLength'],
    ['a chunk that is cut', { 'x-amz-decoded-content-length': '10' }, 'a\r\n01234', 'IncompleteBody'],
    [
      'another length',
      { 'x-amz-decoded-content-length': '9' },
      'a\r\n0123456789\r\n0\r\n\r\n',
      'IncompleteBody',
    ],
    [
      'a trailer that does not match',
      { 'x-amz-decoded-content-length': '10', 'x-amz-trailer': 'x-amz-checksum-crc32' },
      'a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      'BadDigest',
    ],
    [
      'an announced trailer that does not come',
      { 'x-amz-decoded-content-length': '10', 'x-amz-trailer': 'x-amz-checksum-crc32' },
      'a\r\n0123456789\r\n0\r\n\r\n',
      'IncompleteBody',
    ],
  ])('in aws-chunked framing by %s is refused', async (_, headers, body, code) => {
    const client = s3.newClient({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string>; body: unknown };
        Object.assign(request.headers, headers, {
          'content-length': String(body.length),
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        });
        request.body = body;
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    const command = new PutObjectCommand({ Bucket: BUCKET, Key: 'cut', Body: 'x' });
    await expect(client.send(command)).rejects.toMatchObject({ name: code });
    expect(await keys()).toEqual([]);
  });
});

describe('lifecycle rules', () => {
  const daysFromNow = (days: number) => new Date(Date.now() + days * 24 * 3600_000);
  const setRules = () =>
    s3.client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: BUCKET,
        LifecycleConfiguration: {
          Rules: [
            {
              ID: 'temporary',
              Status: 'Enabled',
              Filter: { Prefix: 'temp/' },
              Expiration: { Days: 1 },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
            },
          ],
        },
      }),
    );

  it('expire what they name, when its days are over, and nothing else', async () => {
    await setRules();
    await put('temp/a');
    await put('kept');
    expect(s3.server.applyLifecycle()).toEqual({ expiredObjects: 0, abortedUploads: 0 });
    expect(s3.server.applyLifecycle(daysFromNow(2))).toEqual({ expiredObjects: 1, abortedUploads: 0 });
    expect(await keys()).toEqual(['kept']);
    await s3.restart();
    expect(await keys()).toEqual(['kept']);
    expect(await bodyFiles()).toHaveLength(1);
  });

  it('abort uploads that were never finished', async () => {
    await setRules();
    const { UploadId } = await s3.client.send(
      new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'temp/film' }),
    );
    await s3.client.send(
      new UploadPartCommand({ Bucket: BUCKET, Key: 'temp/film', UploadId, PartNumber: 1, Body: 'x' }),
    );
    expect(s3.server.applyLifecycle(daysFromNow(2)).abortedUploads).toBe(0);
    expect(s3.server.applyLifecycle(daysFromNow(4)).abortedUploads).toBe(1);
    const { Uploads } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads).toBeUndefined();
  });
});
