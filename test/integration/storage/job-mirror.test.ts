import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { JobMirror, type JobMirrorItem } from '../../../src/storage/job-mirror.store.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';

jest.setTimeout(30_000);

const endpoint = process.env.DYNAMODB_ENDPOINT!;
const table = process.env.DYNAMODB_TABLE!;
const region = 'us-east-1';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region }));
let mirror: JobMirror;

beforeAll(() => {
  mirror = new JobMirror({ table, region, endpoint });
});

afterAll(() => {
  mirror.onApplicationShutdown();
  documents.destroy();
});

const createdAt = Date.now() - 1_000;

function anItem(facts: Partial<JobMirrorItem> = {}): JobMirrorItem {
  return {
    jobId: randomUUID(),
    timestamp: createdAt,
    version: 1,
    owner: 'key:1',
    userId: 'producer-1',
    mediaType: 'image',
    modelId: 'flux-schnell',
    status: 'pending',
    updatedAt: new Date(createdAt).toISOString(),
    final: false,
    body: '{"status":"pending ü"}',
    ...facts,
  };
}

async function stored(value: string, key = 'jobId', IndexName?: string): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await documents.send(
    new QueryCommand({
      TableName: table,
      IndexName,
      KeyConditionExpression: '#key = :value',
      ExpressionAttributeNames: { '#key': key },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
  return Items;
}

describe('the mirror in DynamoDB', () => {
  it('gives back what it was given', async () => {
    const item = anItem({ version: 4, final: true });
    expect(await mirror.get(item.jobId)).toBeUndefined();
    await mirror.put(item);
    expect(await mirror.get(item.jobId)).toEqual({
      ...{ version: 4, owner: 'key:1', final: true },
      body: Buffer.from(item.body),
    });
  });

  it('expires an item 30 days after the job’s creation', async () => {
    const item = anItem();
    await mirror.put(item);
    expect(await stored(item.jobId)).toEqual([{ ...item, ttl: Math.floor(createdAt / 1000) + 2_592_000 }]);
  });

  it('finds items by user, and by prediction once there is one', async () => {
    const item = anItem({ userId: randomUUID() });
    await mirror.put(item);
    const replicateId = randomUUID();
    expect(await stored(replicateId, 'replicateId', 'ReplicateIdIndex')).toEqual([]);
    await mirror.put({ ...item, version: 2, replicateId });
    expect(await stored(item.userId, 'userId', 'UserIdIndex')).toMatchObject([
      { jobId: item.jobId, version: 2 },
    ]);
    expect(await stored(replicateId, 'replicateId', 'ReplicateIdIndex')).toMatchObject([
      { jobId: item.jobId },
    ]);
  });

  it.each([1, 2, 3])(
    'takes a write of version %i after version 3 for done, and keeps version 3',
    async (version) => {
      const item = anItem({ version: 3 });
      await mirror.put(item);
      await mirror.put({ ...item, version, body: 'other' });
      expect(await mirror.get(item.jobId)).toMatchObject({ version: 3, body: Buffer.from(item.body) });
    },
  );

  it('holds one item a job, the newest, after a race of writers', async () => {
    const items = Array.from({ length: 50 }, () => anItem());
    const writes = items.flatMap((item) =>
      [4, 1, 3, 2].map(async (version) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        await mirror.put({ ...item, version });
      }),
    );
    await Promise.all(writes);
    const kept = await Promise.all(items.map((item) => stored(item.jobId)));
    expect(kept.map((found) => found.map(({ version }) => version))).toEqual(items.map(() => [4]));
  });

  it('does not show an item past its time that AWS has not yet removed', async () => {
    const item = anItem();
    await documents.send(
      new PutCommand({ TableName: table, Item: { ...item, ttl: Math.floor(Date.now() / 1000) - 1 } }),
    );
    expect(await mirror.get(item.jobId)).toBeUndefined();
  });

  it('tells when its table is missing', async () => {
    const other = new JobMirror({ table: 'no-such-table', region, endpoint });
    await expect(mirror.ping()).resolves.toBeUndefined();
    await expect(other.ping()).rejects.toThrow();
    await expect(other.get('j')).rejects.toThrow();
    await expect(other.put(anItem())).rejects.toThrow();
    other.onApplicationShutdown();
  });
});

describe('a DynamoDB in trouble', () => {
  let proxy: TcpProxy;
  let troubled: JobMirror;

  beforeEach(async () => {
    proxy = await startTcpProxy('127.0.0.1', Number(new URL(endpoint).port));
    troubled = new JobMirror({ table, region, endpoint: throughPort(endpoint, proxy.port) });
  });

  afterEach(async () => {
    troubled.onApplicationShutdown();
    await proxy.close();
  });

  const failing = async (item: JobMirrorItem) => {
    const calls = [troubled.get(item.jobId), troubled.put(item), troubled.ping()];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  };

  it('that is down fails every call, and works again afterwards', async () => {
    const item = anItem();
    await troubled.put(item);
    proxy.down();
    await failing(item);
    proxy.heal();
    expect(await troubled.get(item.jobId)).toMatchObject({ version: 1 });
  });

  it('that is hung fails every call instead of holding it', async () => {
    const item = anItem();
    await troubled.put(item);
    proxy.hang();
    await failing(item);
  });
});
