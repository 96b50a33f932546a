import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Job } from '../../../src/jobs/job.js';
import { JobMirroring } from '../../../src/jobs/job-mirroring.js';
import { JobStatusReader, type FoundStatus, type StatusSource } from '../../../src/jobs/job-status-reader.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { mirrorItem, statusSnapshot } from '../../../src/jobs/status-snapshot.js';
import { JobMirror } from '../../../src/storage/job-mirror.store.js';
import { MediaAddresses } from '../../../src/storage/media-addresses.js';
import { createCacheRedis } from '../../../src/storage/redis.js';
import { StatusCache } from '../../../src/storage/status-cache.store.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(30_000);

const redisUrl = process.env.REDIS_URL!;
const dynamodbUrl = process.env.DYNAMODB_ENDPOINT!;
const table = process.env.DYNAMODB_TABLE!;
const region = 'us-east-1';
const portOf = (url: string) => Number(new URL(url).port);

let db: TestDatabase;
let media: MediaAddresses;
let onlooker: Redis;
let redisProxy: TcpProxy;
let dynamodbProxy: TcpProxy;
let postgresProxy: TcpProxy;
let jobs: JobsRepository;
let cache: StatusCache;
let mirror: JobMirror;
let reader: JobStatusReader;

beforeAll(async () => {
  db = await startTestDatabase();
  media = new MediaAddresses({ bucket: 'b', region, endpoint: 'http://127.0.0.1:1', urls: 'public' });
  onlooker = new Redis(redisUrl);
  [redisProxy, dynamodbProxy, postgresProxy] = await Promise.all([
    startTcpProxy('127.0.0.1', portOf(redisUrl)),
    startTcpProxy('127.0.0.1', portOf(dynamodbUrl)),
    startTcpProxy('127.0.0.1', portOf(db.url)),
  ]);
  jobs = new JobsRepository(await db.another(throughPort(db.url, postgresProxy.port)));
  mirror = new JobMirror({ table, region, endpoint: throughPort(dynamodbUrl, dynamodbProxy.port) });
});

beforeEach(async () => {
  cache = newCache(0);
  await allAnswer();
  reader = newReader();
});

afterEach(async () => {
  for (const proxy of [redisProxy, dynamodbProxy, postgresProxy]) proxy.heal();
  await allAnswer();
  cache.onApplicationShutdown();
});

afterAll(async () => {
  mirror.onApplicationShutdown();
  onlooker.disconnect();
  await db.close();
  await Promise.all([redisProxy, dynamodbProxy, postgresProxy].map((proxy) => proxy.close()));
});

const newCache = (catchUpMs?: number) =>
  new StatusCache(createCacheRedis(throughPort(redisUrl, redisProxy.port)), catchUpMs);

const allAnswer = () =>
  eventually(
    () => Promise.all([cache.ping(), mirror.ping(), jobs.find(randomUUID())]),
    () => cache.era !== undefined,
  );

/** As another process has one, with a memory of its own. */
const newReader = () => new JobStatusReader(jobs, cache, mirror, media);

const CATCH_UP_MS = 3_000;

/** A process that has been there for long enough to rely on Redis, and no longer will once it was away. */
async function seasoned(): Promise<void> {
  cache.onApplicationShutdown();
  cache = newCache(CATCH_UP_MS);
  await allAnswer();
  await eventually(async () => cache.hasCaughtUp, Boolean);
  reader = newReader();
}

async function accepted(): Promise<Job> {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  return (await jobs.find(order.jobId))!;
}

async function moved(jobId: string, to: 'processing' | 'failed'): Promise<Job> {
  return (await jobs.move({ jobId, to, cause: 'worker' }))!;
}

const snapshotOf = (job: Job) => statusSnapshot(job, media);
const shown = (job: Job, source: StatusSource) => {
  const snapshot = snapshotOf(job);
  return { ...snapshot, body: snapshot.body.toString(), source };
};
const toTable = (job: Job) => mirror.put(mirrorItem(job, snapshotOf(job)));
const toCache = (job: Job) => cache.put(job.jobId, snapshotOf(job), cache.era);
const forgetCache = (job: Job) => onlooker.del(`job:status:${job.jobId}`);
const seen = (found: FoundStatus | undefined) => found && [found.source, found.version];

describe('a status', () => {
  it('that no mirror has comes from PostgreSQL, then from Redis', async () => {
    const job = await accepted();
    const found = await reader.read(job.jobId);
    expect(found).toEqual(shown(job, 'postgres'));
    expect(await reader.read(job.jobId)).toEqual({ ...found, source: 'redis' });
    expect(seen(await newReader().read(job.jobId))).toEqual(['redis', 1]);
  });

  it('that is final and that DynamoDB has comes from there, then from Redis', async () => {
    const job = await moved((await accepted()).jobId, 'failed');
    await toTable(job);
    expect(await reader.read(job.jobId)).toEqual(shown(job, 'dynamodb'));
    expect(seen(await newReader().read(job.jobId))).toEqual(['redis', 2]);
  });

  it('that is not final is not taken from DynamoDB, which may be behind for long', async () => {
    const job = await accepted();
    await toTable(job);
    expect(await reader.read(job.jobId)).toEqual(shown(job, 'postgres'));
  });

  it('that is final is kept in memory, whatever becomes of the rest', async () => {
    const job = await moved((await accepted()).jobId, 'failed');
    expect(seen(await reader.read(job.jobId))).toEqual(['postgres', 2]);
    for (const proxy of [redisProxy, dynamodbProxy, postgresProxy]) proxy.down();
    expect(await reader.read(job.jobId)).toEqual(shown(job, 'memory'));
  });

  it('that a list has shown is given to the layers when it is next read, so that no other process shows less', async () => {
    const job = await accepted();
    await toCache(job);
    const processing = await moved(job.jobId, 'processing');
    reader.noteShown(processing);
    expect(seen(await reader.read(job.jobId))).toEqual(['postgres', 2]);
    expect(seen(await newReader().read(job.jobId))).toEqual(['redis', 2]);
  });

  it('that is not final is not kept in memory', async () => {
    const job = await accepted();
    await reader.read(job.jobId);
    await toCache(await moved(job.jobId, 'processing'));
    expect(seen(await reader.read(job.jobId))).toEqual(['redis', 2]);
  });

  it('of no job is undefined, and asked of PostgreSQL once a second', async () => {
    const jobId = randomUUID();
    const find = jest.spyOn(jobs, 'find');
    const answers = await Promise.all(Array.from({ length: 50 }, () => reader.read(jobId)));
    answers.push(await reader.read(jobId));
    expect(new Set(answers)).toEqual(new Set([undefined]));
    expect(find).toHaveBeenCalledTimes(1);
    find.mockRestore();
  });

  it('asked for by a thousand at once is looked up once', async () => {
    const job = await accepted();
    const find = jest.spyOn(jobs, 'find');
    const get = jest.spyOn(mirror, 'get');
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => reader.read(job.jobId)));
    expect(new Set(answers.map((found) => found?.version))).toEqual(new Set([1]));
    expect(find).toHaveBeenCalledTimes(1);
    expect(get).toHaveBeenCalledTimes(1);
    find.mockRestore();
    get.mockRestore();
  });
});

describe('a layer that is behind what was shown', () => {
  it('as Redis is passed over', async () => {
    const first = await accepted();
    await reader.publish(await moved(first.jobId, 'processing'));
    await forgetCache(first);
    await toCache(first);
    expect(seen(await reader.read(first.jobId))).toEqual(['postgres', 2]);
  });

  it('as Redis, back with what it had, is passed over until it has caught up', async () => {
    await seasoned();
    const first = await accepted();
    await toCache(first);
    await moved(first.jobId, 'processing');
    redisProxy.down();
    expect(seen(await newReader().read(first.jobId))).toEqual(['postgres', 2]);
    redisProxy.heal();
    await eventually(
      () => cache.get(first.jobId),
      (cached) => cached?.version === 1,
    );
    expect(seen(await reader.read(first.jobId))).toEqual(['postgres', 2]);
    await eventually(async () => cache.hasCaughtUp, Boolean);
    expect(seen(await newReader().read(first.jobId))).toEqual(['redis', 2]);
  });

  it('as Redis that has not caught up is better than nothing', async () => {
    await seasoned();
    const job = await accepted();
    await toCache(job);
    redisProxy.reset();
    await eventually(
      () => cache.get(job.jobId),
      (cached) => cached !== undefined,
    );
    postgresProxy.down();
    expect(seen(await reader.read(job.jobId))).toEqual(['redis', 1]);
  });

  it('as DynamoDB, which did not take what was shown, is passed over', async () => {
    const first = await accepted();
    await toTable(first);
    const second = await moved(first.jobId, 'processing');
    dynamodbProxy.down();
    await reader.publish(second);
    dynamodbProxy.heal();
    await eventually(
      () => mirror.ping(),
      () => true,
    );
    await forgetCache(second);
    expect(seen(await reader.read(first.jobId))).toEqual(['postgres', 2]);
  });

  it('shows no other process less than what was read from PostgreSQL, even when Redis forgets', async () => {
    const first = await accepted();
    await toTable(first);
    const last = await moved(first.jobId, 'failed');
    await reader.publish(last);
    await forgetCache(last);
    expect(seen(await newReader().read(first.jobId))).toEqual(['dynamodb', 2]);
  });

  it('as DynamoDB is not asked by a process that finds the newer status in Redis', async () => {
    const first = await accepted();
    await toTable(first);
    await reader.publish(await moved(first.jobId, 'processing'));
    expect(seen(await newReader().read(first.jobId))).toEqual(['redis', 2]);
  });

  it('does not undo what readers and writers race to store', async () => {
    const job = await accepted();
    const readers = [reader, newReader(), newReader()];
    const watch = async (one: JobStatusReader) => {
      const versions: number[] = [];
      for (let count = 0; count < 150; count += 1) {
        const found = await one.read(job.jobId);
        versions.push(found!.version);
        if (count % 10 === 0) await forgetCache(job);
      }
      return versions;
    };
    const mirroring = new JobMirroring(cache, mirror, media);
    const change = async () => {
      for (const to of ['processing', 'failed'] as const) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        const { era } = mirroring;
        await mirroring.mirror(await moved(job.jobId, to), era);
      }
    };
    const [histories] = await Promise.all([Promise.all(readers.map(watch)), change()]);
    for (const versions of histories) {
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(versions.at(-1)).toBe(3);
    }
  });
});

describe('a layer in trouble', () => {
  it.each(['down', 'hang'] as const)('as Redis (%s) is passed over', async (trouble) => {
    const job = await moved((await accepted()).jobId, 'failed');
    await toTable(job);
    redisProxy[trouble]();
    expect(seen(await reader.read(job.jobId))).toEqual(['dynamodb', 2]);
    const other = await accepted();
    expect(seen(await reader.read(other.jobId))).toEqual(['postgres', 1]);
  });

  it.each(['down', 'hang'] as const)('as DynamoDB (%s) is passed over', async (trouble) => {
    const job = await accepted();
    dynamodbProxy[trouble]();
    expect(seen(await reader.read(job.jobId))).toEqual(['postgres', 1]);
  });

  it('as PostgreSQL is not missed by a status that Redis or DynamoDB has', async () => {
    const [inCache, inTable] = await Promise.all([accepted(), accepted()]);
    await toCache(inCache);
    await toTable(inTable);
    postgresProxy.down();
    expect(seen(await reader.read(inCache.jobId))).toEqual(['redis', 1]);
    expect(seen(await reader.read(inTable.jobId))).toEqual(['dynamodb', 1]);
  });

  it('as PostgreSQL, when nobody else knows the job, is told as an outage and not as an unknown job', async () => {
    const job = await accepted();
    postgresProxy.down();
    await expect(reader.read(job.jobId)).rejects.toMatchObject({ code: 'service_unavailable' });
    postgresProxy.heal();
    const found = await eventually(
      () => reader.read(job.jobId),
      (status) => status !== undefined,
    );
    expect(found?.version).toBe(1);
  });

  it('as every one of them holds nobody for long', async () => {
    const job = await accepted();
    for (const proxy of [redisProxy, dynamodbProxy, postgresProxy]) proxy.down();
    await expect(reader.read(job.jobId)).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});

describe('mirroring', () => {
  const mirroring = () => new JobMirroring(cache, mirror, media);

  it('writes both mirrors', async () => {
    const job = await moved((await accepted()).jobId, 'processing');
    await mirroring().mirror(job, cache.era);
    expect(await cache.get(job.jobId)).toEqual(snapshotOf(job));
    expect(await mirror.get(job.jobId)).toEqual(snapshotOf(job));
  });

  it.each([
    ['Redis', () => redisProxy.down(), (job: Job) => mirror.get(job.jobId)],
    ['DynamoDB', () => dynamodbProxy.down(), (job: Job) => cache.get(job.jobId)],
  ])('without %s writes the other one and fails', async (_name, fail, other) => {
    const job = await accepted();
    fail();
    await expect(mirroring().mirror(job, cache.era)).rejects.toThrow();
    expect(await other(job)).toEqual(snapshotOf(job));
  });
});
