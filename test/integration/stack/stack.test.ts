import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import pg from 'pg';
import { findRedisServer } from '../../../local/services/redis-server-path.js';
import { identityOf, isRunning } from '../../../local/services/process-identity.js';
import { startStack, type Stack } from '../../../local/stack.js';
import { startSupervisor } from './supervisor.js';

const env = { PATH: process.env.PATH };
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stack-test-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

jest.setTimeout(60_000);

describe('the embedded stack', () => {
  it('keeps the data of every service from one start to the next', async () => {
    const first = await startStack({ dataDir, env });
    await write(first.env);
    await first.stop();

    const second = await startStack({ dataDir, env });
    const found = await read(second.env).finally(() => second.stop());
    expect(found).toEqual(await whatWasWritten());
    expect(second.env.REPLICATE_WEBHOOK_SECRET).toBe(first.env.REPLICATE_WEBHOOK_SECRET);
  });

  it('leaves no process behind when its supervisor is killed, and the next one finds the data', async () => {
    const supervisor = await startSupervisor(dataDir);
    const processes = supervisor.pids.map(identityOf);
    await write(supervisor.env);
    supervisor.child.kill('SIGKILL');
    await once(supervisor.child, 'exit');

    const next = await startStack({ dataDir, env });
    const found = await read(next.env).finally(() => next.stop());
    expect(processes).toHaveLength(6);
    expect(processes.filter(isRunning)).toEqual([]);
    expect(found).toEqual(await whatWasWritten());
  });

  it('is refused a folder on which another one runs', async () => {
    const stack = await startStack({ dataDir, env, only: ['dynamodb'] });
    const second = startStack({ dataDir, env, only: ['dynamodb'] });
    await expect(second).rejects.toThrow(`already runs on ${dataDir} (process ${process.pid})`);
    await stack.stop();
  });

  it('uses the services whose address is given and starts no twin of theirs', async () => {
    const given = {
      DATABASE_URL: 'postgres://db.example/app',
      REDIS_URL: 'redis://redis.example:6379',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      REPLICATE_BASE_URL: 'https://replicate.example/v1',
    };
    const stack = await startStack({ dataDir, env: { ...env, ...given } });
    await stack.stop();
    expect(stack.env).toMatchObject({ ...given, REDIS_CACHE_URL: given.REDIS_URL });
    expect(stack.env.MEDIA_SOURCE_HOSTS).toBe('replicate.delivery,*.replicate.delivery,replicate.example');
    expect(Object.keys(stack.services)).toEqual(['dynamodb']);
    expect(stack.notices).toEqual([expect.stringContaining('S3_ENDPOINT is used as it is')]);
  });

  it('says which service ended by itself', async () => {
    const stack = await startStack({ dataDir, env, only: ['dynamodb'] });
    stack.services.dynamodb?.kill();
    expect(await stack.died).toBe('dynamodb ended (signal SIGKILL)');
    await stack.stop();
  });

  it('names every fault and stops what it had started when a service cannot start', async () => {
    const broken = { ...env, REDIS_SERVER_BIN: '/nowhere/redis', FFMPEG_PATH: '/nowhere/ffmpeg' };
    const start = startStack({ dataDir, env: broken });
    await expect(start).rejects.toThrow(/FFMPEG_PATH[^]*REDIS_SERVER_BIN/);
    const stack = await startStack({ dataDir, env, only: ['dynamodb'] });
    await stack.stop();
  });
});

async function write(stackEnv: Stack['env']): Promise<void> {
  await withClients(stackEnv, async ({ db, redis, dynamodb, s3 }) => {
    await db.query(`create table kept as select 'row' as value`);
    await redis.set('kept', 'key');
    const Item = { jobId: { S: 'item' }, timestamp: { N: '1' } };
    await dynamodb.send(new PutItemCommand({ TableName: stackEnv.DYNAMODB_TABLE, Item }));
    await s3.send(new PutObjectCommand({ Bucket: stackEnv.S3_BUCKET, Key: 'temp/kept', Body: 'object' }));
  });
}

async function read(stackEnv: Stack['env']) {
  return withClients(stackEnv, async ({ db, redis, dynamodb, s3 }) => {
    const rows = await db.query<{ value: string }>('select value from kept');
    const items = await dynamodb.send(new ScanCommand({ TableName: stackEnv.DYNAMODB_TABLE }));
    const object = await s3.send(new GetObjectCommand({ Bucket: stackEnv.S3_BUCKET, Key: 'temp/kept' }));
    return {
      row: rows.rows[0]?.value,
      key: await redis.get('kept'),
      item: items.Items?.[0]?.jobId?.S,
      object: await object.Body?.transformToString(),
    };
  });
}

/** The JavaScript Redis forgets at its end; a real one must not. */
async function whatWasWritten() {
  const key = (await findRedisServer(env)) ? 'key' : null;
  return { row: 'row', key, item: 'item', object: 'object' };
}

interface Clients {
  db: pg.Client;
  redis: Redis;
  dynamodb: DynamoDBClient;
  s3: S3Client;
}

async function withClients<T>(stackEnv: Stack['env'], use: (clients: Clients) => Promise<T>): Promise<T> {
  const aws = {
    region: stackEnv.AWS_REGION!,
    credentials: {
      accessKeyId: stackEnv.AWS_ACCESS_KEY_ID!,
      secretAccessKey: stackEnv.AWS_SECRET_ACCESS_KEY!,
    },
  };
  const db = new pg.Client(stackEnv.DATABASE_URL);
  const redis = new Redis(stackEnv.REDIS_URL!);
  const dynamodb = new DynamoDBClient({ ...aws, endpoint: stackEnv.DYNAMODB_ENDPOINT! });
  const s3 = new S3Client({ ...aws, endpoint: stackEnv.S3_ENDPOINT!, forcePathStyle: true });
  await db.connect();
  try {
    return await use({ db, redis, dynamodb, s3 });
  } finally {
    await db.end();
    redis.disconnect();
    dynamodb.destroy();
    s3.destroy();
  }
}
