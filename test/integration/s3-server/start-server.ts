import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

import { startS3Server, type S3Server } from '../../../local/s3/server.js';

/** A machine that does other things too must not fail a test. */
jest.setTimeout(60_000);

export const BUCKET = 'media';
export const CREDENTIALS = { accessKeyId: 'test-key', secretAccessKey: 'test-secret', region: 'us-east-1' };

export interface TestServer {
  server: S3Server;
  dir: string;
  client: S3Client;
  /** A client with other settings; destroyed with the rest. */
  newClient(config?: S3ClientConfig): S3Client;
  /** Stops the server and starts another on the same directory. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A server in this process on a directory of its own, with one bucket. */
export async function startTestServer(): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 's3-server-'));
  const clients: S3Client[] = [];
  const start = () => startS3Server({ dir, ...CREDENTIALS });
  const newClient = (config: S3ClientConfig = {}) => {
    const client = new S3Client({
      endpoint: test.server.url,
      region: CREDENTIALS.region,
      credentials: CREDENTIALS,
      forcePathStyle: true,
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  const test: TestServer = {
    server: await start(),
    dir,
    client: undefined as unknown as S3Client,
    newClient,
    restart: async () => {
      await test.server.close();
      test.server = await start();
      test.client = newClient();
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await test.server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  test.client = newClient();
  await test.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return test;
}

/** Bytes without a pattern that repeats at chunk sizes; the same for the same seed. */
export function someBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = seed;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
