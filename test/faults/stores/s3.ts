import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Environment } from '../../support/app-process.js';
import type { OutputRow } from './postgres.js';

/** An object as its bytes prove it to be. */
export interface ObjectFacts {
  bytes: number;
  sha256: string;
}

/** What the bucket holds at rest. */
export interface BucketContents {
  keys: Set<string>;
  openMultiparts: string[];
  /** The objects of the rows, read back; absent where there is none. */
  outputs: Map<string, ObjectFacts>;
}

const WIDTH = 8;

export async function readBucket(env: Environment, rows: OutputRow[]): Promise<BucketContents> {
  const Bucket = env.S3_BUCKET;
  const client = new S3Client({
    endpoint: env.S3_ENDPOINT,
    region: env.AWS_REGION ?? 'us-east-1',
    forcePathStyle: true,
  });
  const keys = new Set<string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket }))
    for (const { Key } of page.Contents ?? []) keys.add(Key!);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  const outputs = new Map<string, ObjectFacts>();
  await inParallel(
    rows.filter(({ objectKey }) => keys.has(objectKey)),
    async ({ objectKey }) => {
      const found = await client.send(new GetObjectCommand({ Bucket, Key: objectKey }));
      outputs.set(objectKey, factsOf(await found.Body!.transformToByteArray()));
    },
  );
  client.destroy();
  return { keys, openMultiparts: Uploads.map(({ Key }) => Key!), outputs };
}

export function factsOf(body: Uint8Array): ObjectFacts {
  return { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
}

/** Works on the items, 8 at a time. */
export async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
}
