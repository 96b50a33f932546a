import { Redis } from 'ioredis';
import type { Job } from '../../../src/jobs/job.js';
import { JobMirroring } from '../../../src/jobs/job-mirroring.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { MirrorBacklogRepository } from '../../../src/jobs/mirror-backlog.repository.js';
import { MirrorSchedule } from '../../../src/jobs/mirror-schedule.js';
import { Logger } from '../../../src/logging/logger.js';
import { JobMirror } from '../../../src/storage/job-mirror.store.js';
import { MediaAddresses } from '../../../src/storage/media-addresses.js';
import { createCacheRedis } from '../../../src/storage/redis.js';
import { StatusCache } from '../../../src/storage/status-cache.store.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

const redisUrl = process.env.REDIS_URL!;
const dynamodbUrl = process.env.DYNAMODB_ENDPOINT!;
const region = 'us-east-1';

let db: TestDatabase;
let onlooker: Redis;
let proxies: Record<'Redis' | 'DynamoDB', TcpProxy>;
let jobs: JobsRepository;
let cache: StatusCache;
let mirror: JobMirror;
let backlog: MirrorBacklogRepository;
let schedule: MirrorSchedule;

beforeAll(async () => {
  db = await startTestDatabase();
  onlooker = new Redis(redisUrl);
  const before = (url: string) => startTcpProxy('127.0.0.1', Number(new URL(url).port));
  proxies = { Redis: await before(redisUrl), DynamoDB: await before(dynamodbUrl) };
  jobs = new JobsRepository(db.database);
  cache = new StatusCache(createCacheRedis(throughPort(redisUrl, proxies.Redis.port)));
  const endpoint = throughPort(dynamodbUrl, proxies.DynamoDB.port);
  mirror = new JobMirror({ table: process.env.DYNAMODB_TABLE!, region, endpoint });
  const media = new MediaAddresses({ bucket: 'b', region, endpoint: 'http://127.0.0.1:1', urls: 'public' });
  backlog = new MirrorBacklogRepository(db.database);
  schedule = new MirrorSchedule(backlog, new JobMirroring(cache, mirror, media), new Logger('silent'));
});

afterAll(async () => {
  cache.onApplicationShutdown();
  mirror.onApplicationShutdown();
  onlooker.disconnect();
  await db.close();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
});

async function failedJob(): Promise<Job> {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  return (await jobs.move({ jobId: order.jobId, to: 'failed', cause: 'worker' }))!;
}

async function owed(): Promise<{ jobId: string; version: number }[]> {
  const { rows } = await db.pool.query<{ jobId: string; version: number }>(
    'SELECT job_id AS "jobId", version FROM replicate.mirror_backlog',
  );
  return rows;
}

const makeDue = () => db.pool.query('UPDATE replicate.mirror_backlog SET due_at = clock_timestamp()');
const mirrored = ({ jobId }: Job) =>
  eventually(
    () => Promise.all([cache.get(jobId), mirror.get(jobId)]),
    () => true,
  );

/** Resolves when nothing is owed any more. */
const drained = () =>
  eventually(
    async () => {
      await schedule.run().catch(() => undefined);
      return owed();
    },
    (rows) => rows.length === 0,
  );

describe('mirrors that are behind', () => {
  it('are brought up to each job’s version, after which nothing is owed', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, failedJob));
    expect(await schedule.run()).toBe(true);
    await drained();
    for (const job of made)
      expect(await mirrored(job)).toMatchObject([
        { version: 2, final: true },
        { version: 2, final: true },
      ]);
    expect(await owed()).toEqual([]);
  });

  it.each(['Redis', 'DynamoDB'] as const)('of a finished job catch up when %s is back', async (name) => {
    const job = await failedJob();
    proxies[name].down();
    await expect(schedule.run()).rejects.toThrow('The mirrors do not take statuses');
    expect(await owed()).toEqual([{ jobId: job.jobId, version: 2 }]);
    proxies[name].heal();
    await drained();
    expect(await mirrored(job)).toMatchObject([{ version: 2 }, { version: 2 }]);
  });

  it('in Redis do not wait for a DynamoDB that hangs', async () => {
    const made = await Promise.all(Array.from({ length: 160 }, failedJob));
    proxies.DynamoDB.hang();
    await eventually(
      async () => {
        await schedule.run().catch(() => undefined);
        return Promise.all(made.map(({ jobId }) => cache.get(jobId)));
      },
      (cached) => cached.every((status) => status?.version === 2),
      12_000,
    );
    proxies.DynamoDB.heal();
    await drained();
    expect(await mirrored(made.at(-1)!)).toMatchObject([{ version: 2 }, { version: 2 }]);
  });

  it('stay behind in the books when the job moves on while it is mirrored', async () => {
    const order = aNewJob();
    await acceptJobs(db.database, order);
    await jobs.move({ jobId: order.jobId, to: 'processing', cause: 'worker' });
    const taken = await backlog.take(10);
    await jobs.move({ jobId: order.jobId, to: 'failed', cause: 'worker' });
    await backlog.remove(taken);
    expect(await owed()).toEqual([{ jobId: order.jobId, version: 3 }]);
    await drained();
  });

  it('are written by one of several workers, by another when that one dies', async () => {
    await failedJob();
    const [first, second] = await Promise.all([backlog.take(10), backlog.take(10)]);
    expect(first.length + second.length).toBe(1);
    expect(await backlog.take(10)).toEqual([]);
    await makeDue();
    expect(await backlog.take(10)).toHaveLength(1);
  });
});

describe('a job that moves on while it is mirrored', () => {
  it('is due at once, not when the hold on it ends', async () => {
    const job = await failedJob();
    const [held] = (await backlog.take(100)).filter(({ jobId }) => jobId === job.jobId);
    await db.pool.query('UPDATE replicate.mirror_backlog SET version = version + 1 WHERE job_id = $1', [
      job.jobId,
    ]);
    await backlog.remove([held!]);
    // PostgreSQL rounds the time to the millisecond, up perhaps.
    const again = await eventually(
      () => backlog.take(100),
      (taken) => taken.length > 0,
      1_000,
    );
    expect(again.map(({ jobId }) => jobId)).toContain(job.jobId);
  });
});
