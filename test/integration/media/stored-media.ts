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
import type { BucketOptions } from '../../../src/storage/s3-client.js';

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
  /** How the bucket is reached. */
  access: BucketOptions;
  /** A store on the same bucket, reached another way. */
  storeWith(options: { endpoint: string }): MediaStore;
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
  const access = { bucket, region, credentials, endpoint: server.url };
  const store = new MediaStore(access);
  return {
    store,
    bucket,
    url: server.url,
    access,
    storeWith: (options) => new MediaStore({ ...access, ...options }),
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
