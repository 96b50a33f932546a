import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { startS3Server } from '../../../local/s3/server.js';
import type { WhileWanted } from '../../../src/media/stored-output.js';
import { MediaStore } from '../../../src/storage/media.store.js';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
const region = 'us-east-1';

/** The outputs of a job that no other run works at. */
export const whileWanted: WhileWanted = async (work) => {
  await work();
  return true;
};

/** A MediaStore on an S3 server of its own, and what an onlooker sees of its bucket. */
export interface StoredMedia {
  store: MediaStore;
  bucket: string;
  url: string;
  /** Stores of other settings on the same bucket. */
  storeWith(options: { urls: 'public' | 'signed'; endpoint?: string; publicBaseUrl?: string }): MediaStore;
  keys(): Promise<string[]>;
  uploadsInProgress(): Promise<number>;
  client: S3Client;
  close(): Promise<void>;
}

export async function startStoredMedia(): Promise<StoredMedia> {
  const dir = await mkdtemp(join(tmpdir(), 'media-test-s3-'));
  const server = await startS3Server({ dir, ...credentials, region });
  const bucket = `media-${randomUUID().slice(0, 8)}`;
  const client = new S3Client({ region, credentials, endpoint: server.url, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const storeWith: StoredMedia['storeWith'] = (options) =>
    new MediaStore({ bucket, region, credentials, endpoint: server.url, ...options });
  const store = storeWith({ urls: 'public' });
  return {
    store,
    bucket,
    url: server.url,
    storeWith,
    client,
    keys: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    uploadsInProgress: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.length;
    },
    close: async () => {
      store.close();
      client.destroy();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
