import { Readable } from 'node:stream';

import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

import { BUCKET, someBytes, startTestServer, type TestServer } from './start-server.js';

let s3: TestServer;

beforeAll(async () => {
  s3 = await startTestServer();
});
afterAll(() => s3.stop());

async function download(Key: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Buffer.from(await Body!.transformToByteArray());
}

/** The bytes in pieces that never end on a boundary of anything. */
function streamOf(bytes: Buffer, pieceBytes = 37_777): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    })(),
    { objectMode: false },
  );
}

describe('uploads through the AWS SDK', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 1_000_003])('keeps a buffer of %i bytes exactly', async (size) => {
    const bytes = someBytes(size);
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'buffer', Body: bytes }));
    expect((await download('buffer')).equals(bytes)).toBe(true);
  });

  it('keeps a stream of known length exactly, without the framing it came in', async () => {
    const bytes = someBytes(1_000_003);
    const Body = streamOf(bytes);
    await s3.client.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: 'stream', Body, ContentLength: bytes.length }),
    );
    expect((await download('stream')).equals(bytes)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'stream' }));
    expect(head.ContentLength).toBe(bytes.length);
    expect(head.ContentEncoding).toBeUndefined();
  });

  it('keeps a stream of unknown length exactly and leaves no upload behind', async () => {
    const bytes = someBytes(6_000_001);
    const upload = new Upload({
      client: s3.client,
      params: { Bucket: BUCKET, Key: 'unknown', Body: streamOf(bytes), ServerSideEncryption: 'AES256' },
    });
    await upload.done();
    expect((await download('unknown')).equals(bytes)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'unknown' }));
    expect(head.ServerSideEncryption).toBe('AES256');
    expect(head.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads).toEqual([]);
  });
});
