import { randomBytes } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Redis } from 'ioredis';
import pg from 'pg';
import { ensureBucket } from '../../local/bootstrap/bucket.js';
import { ensureTable } from '../../local/bootstrap/table.js';
import type { Environment } from './app-process.js';

const REDIS_DATABASES = 16;

/** A database, a Redis, a table and a bucket that nobody else uses, with clients to look into them. */
export interface OwnStores {
  /** The variables that make a process use them. */
  env: Record<string, string>;
  database: pg.Pool;
  redis: Redis;
  /** The items that the table, or one of its indexes, holds for a key. */
  items(key: Record<string, string>, index?: string): Promise<Record<string, unknown>[]>;
  /** Overwrites an item, whatever its version; removes it by its whole key. */
  putItem(item: Record<string, unknown>): Promise<void>;
  removeItem(key: { jobId: string; timestamp: number }): Promise<void>;
  /** A stored object, or undefined. */
  object(key: string): Promise<StoredObject | undefined>;
  objectKeys(prefix?: string): Promise<string[]>;
  /** Removes them all. */
  close(): Promise<void>;
}

export interface StoredObject {
  bytes: Buffer;
  contentType: string | undefined;
  encryption: string | undefined;
}

/** Makes stores on the services that `env` names (`DATABASE_URL`, `REDIS_URL`, `S3_ENDPOINT`, `DYNAMODB_ENDPOINT`). */
export async function makeOwnStores(env: Environment): Promise<OwnStores> {
  const name = `e2e_${randomBytes(6).toString('hex')}`;
  const [postgres, redis, dynamodb, s3] = await Promise.all([
    ownDatabase(required(env, 'DATABASE_URL'), name),
    ownRedis(required(env, 'REDIS_URL'), name),
    ownTable(required(env, 'DYNAMODB_ENDPOINT'), name, env),
    ownBucket(required(env, 'S3_ENDPOINT'), name.replace('_', '-'), env),
  ]);
  return {
    ...{ database: postgres.database, redis: redis.redis },
    ...{ items: dynamodb.items, putItem: dynamodb.putItem, removeItem: dynamodb.removeItem },
    ...{ object: s3.object, objectKeys: s3.objectKeys },
    env: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      REDIS_CACHE_URL: redis.url,
      DYNAMODB_TABLE: name,
      S3_BUCKET: s3.bucket,
    },
    close: async () => {
      await Promise.all([postgres, redis, dynamodb, s3].map((store) => store.close()));
    },
  };
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with npm run test:e2e`);
  return value;
}

async function ownDatabase(url: string, name: string) {
  const administer = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const database = new pg.Pool({ connectionString: own.href, max: 4 });
  database.on('error', () => undefined);
  const close = async () => {
    await database.end();
    await administer(`DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { url: own.href, database, close };
}

/** Takes the first numbered database that is empty, so that nobody's data is touched. */
async function ownRedis(url: string, name: string) {
  for (let index = 1; index < REDIS_DATABASES; index += 1) {
    const own = new URL(url);
    own.pathname = `/${index}`;
    const redis = new Redis(own.href);
    redis.on('error', () => undefined);
    const isEmpty = (await redis.dbsize()) === 0;
    if (isEmpty && (await redis.setnx('e2e:taken-by', name)) === 1) {
      const close = async () => {
        await redis.flushdb();
        redis.disconnect();
      };
      return { url: own.href, redis, close };
    }
    redis.disconnect();
  }
  throw new Error('No empty Redis database is left');
}

async function ownTable(endpoint: string, table: string, env: Environment) {
  const client = new DynamoDBClient({ endpoint, region: env.AWS_REGION ?? 'us-east-1' });
  await ensureTable(client, table);
  const documents = DynamoDBDocumentClient.from(client);
  const items = async (key: Record<string, string>, index?: string) => {
    const [[name, value]] = Object.entries(key) as [[string, string]];
    const found = await documents.send(
      new QueryCommand({
        TableName: table,
        IndexName: index,
        KeyConditionExpression: '#key = :value',
        ExpressionAttributeNames: { '#key': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
    return (found.Items ?? []) as Record<string, unknown>[];
  };
  const putItem = async (Item: Record<string, unknown>) => {
    await documents.send(new PutCommand({ TableName: table, Item }));
  };
  const removeItem = async (Key: { jobId: string; timestamp: number }) => {
    await documents.send(new DeleteCommand({ TableName: table, Key }));
  };
  const close = async () => {
    await client.send(new DeleteTableCommand({ TableName: table }));
    client.destroy();
  };
  return { items, putItem, removeItem, close };
}

async function ownBucket(endpoint: string, bucket: string, env: Environment) {
  const region = env.AWS_REGION ?? 'us-east-1';
  const client = new S3Client({ endpoint, region, forcePathStyle: true });
  await ensureBucket(client, bucket, { region, publicRead: true });
  const objectKeys = async (prefix = '') => {
    const listed = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return (listed.Contents ?? []).map(({ Key }) => Key!);
  };
  const object = async (key: string): Promise<StoredObject | undefined> => {
    const target = { Bucket: bucket, Key: key };
    const head = await client.send(new HeadObjectCommand(target)).catch(() => undefined);
    if (!head) return undefined;
    const found = await client.send(new GetObjectCommand(target));
    const bytes = Buffer.from(await found.Body!.transformToByteArray());
    return { bytes, contentType: head.ContentType, encryption: head.ServerSideEncryption };
  };
  const close = async () => {
    for (let keys = await objectKeys(); keys.length > 0; keys = await objectKeys())
      await Promise.all(keys.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    client.destroy();
  };
  return { bucket, objectKeys, object, close };
}
