import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createCacheRedis } from '../../../src/storage/redis.js';
import { StatusCache, type StatusSnapshot } from '../../../src/storage/status-cache.store.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';

const url = process.env.REDIS_URL!;

let onlooker: Redis;
let proxy: TcpProxy;
let cache: StatusCache;

beforeAll(async () => {
  onlooker = new Redis(url);
  proxy = await startTcpProxy(new URL(url).hostname, Number(new URL(url).port));
  cache = new StatusCache(createCacheRedis(throughPort(url, proxy.port)));
  await healthy();
});

afterAll(async () => {
  cache.onApplicationShutdown();
  onlooker.disconnect();
  await proxy.close();
});

const healthy = () =>
  eventually(
    () => cache.ping().then(() => cache.era !== undefined),
    (isUp) => isUp,
  );

/** A cache that waits long: a thousand commands at once are a test of their order, not of a busy machine's speed. */
async function patientCache(): Promise<StatusCache> {
  const patient = new StatusCache(createCacheRedis(url, 10_000));
  await eventually(
    () => patient.ping().then(() => patient.era !== undefined),
    (isUp) => isUp,
  );
  return patient;
}

const snapshot = (version: number, final = false): StatusSnapshot => ({
  version,
  owner: final ? null : 'key:1',
  final,
  body: Buffer.from(JSON.stringify({ version, text: 'ünï"c\u2028 🎬' })),
});

describe('the status cache', () => {
  it('gives back the bytes that it was given', async () => {
    const jobId = randomUUID();
    expect(await cache.get(jobId)).toBeUndefined();
    for (const given of [snapshot(1), snapshot(2, true)]) {
      await cache.put(jobId, given, cache.era);
      expect(await cache.get(jobId)).toEqual(given);
    }
  });

  it('keeps a status for five minutes at the key that is documented', async () => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(1), cache.era);
    const leftMs = await onlooker.pttl(`job:status:${jobId}`);
    expect(leftMs).toBeGreaterThan(290_000);
    expect(leftMs).toBeLessThanOrEqual(300_000);
  });

  it.each([
    ['older', 2],
    ['equal', 3],
  ])('does not replace a version by an %s one, nor make it live longer', async (_what, version) => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(3, true), cache.era);
    await onlooker.pexpire(`job:status:${jobId}`, 1_000);
    await cache.put(jobId, { ...snapshot(version), body: Buffer.from('other') }, cache.era);
    expect(await cache.get(jobId)).toEqual(snapshot(3, true));
    expect(await onlooker.pttl(`job:status:${jobId}`)).toBeLessThanOrEqual(1_000);
  });

  it('compares versions as numbers', async () => {
    const jobId = randomUUID();
    for (const version of [9, 10, 100, 99]) await cache.put(jobId, snapshot(version), cache.era);
    expect((await cache.get(jobId))!.version).toBe(100);
  });

  it('holds the newest version of each job after a race of writers', async () => {
    const [one, other] = [await patientCache(), await patientCache()];
    const jobIds = Array.from({ length: 200 }, () => randomUUID());
    const writes = jobIds.flatMap((jobId) =>
      [1, 2, 3, 4].map(async (version) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        const writer = version % 2 ? one : other;
        await writer.put(jobId, snapshot(version, version === 4), writer.era);
      }),
    );
    await Promise.all(writes);
    const kept = await Promise.all(jobIds.map((jobId) => one.get(jobId)));
    expect(kept).toEqual(jobIds.map(() => snapshot(4, true)));
    for (const raced of [one, other]) raced.onApplicationShutdown();
  });

  it('does not take half a status for one', async () => {
    const jobId = randomUUID();
    await onlooker.hset(`job:status:${jobId}`, 'v', '3');
    expect(await cache.get(jobId)).toBeUndefined();
  });

  it('fails when the key holds something else', async () => {
    const jobId = randomUUID();
    await onlooker.set(`job:status:${jobId}`, 'text', 'EX', 10);
    await expect(cache.get(jobId)).rejects.toThrow('WRONGTYPE');
  });
});

describe('a Redis that is emptied', () => {
  /** A database of this test alone: its emptying is nobody else's. */
  const database = new URL(url);
  database.pathname = '/15';
  let own: Redis;
  let writer: StatusCache;
  let other: StatusCache;

  beforeAll(async () => {
    own = new Redis(database.href);
    writer = new StatusCache(createCacheRedis(database.href), 0);
    other = new StatusCache(createCacheRedis(database.href), 0);
    await known();
  });
  afterAll(async () => {
    for (const one of [writer, other]) one.onApplicationShutdown();
    await own.flushdb();
    own.disconnect();
  });

  const known = () =>
    eventually(
      () => Promise.all([own.get('job:status-era')]),
      ([id]) => id !== null && [writer, other].every(({ era }) => era?.id === id),
    );

  it('takes no status that was read before: others may have shown more since', async () => {
    const jobId = randomUUID();
    const { era } = writer;
    await other.put(jobId, snapshot(3), other.era);
    await own.flushdb();
    await expect(writer.put(jobId, snapshot(2), era)).rejects.toThrow('forgotten');
    await known();
    await expect(writer.put(jobId, snapshot(2), era)).rejects.toThrow('forgotten');
    expect(await writer.get(jobId)).toBeUndefined();
    await writer.put(jobId, snapshot(3), writer.era);
    expect((await other.get(jobId))?.version).toBe(3);
  });

  it('takes a final status whenever it was read: there is none after it', async () => {
    const jobId = randomUUID();
    const { era } = writer;
    await own.flushdb();
    await writer.put(jobId, snapshot(4, true), era);
    expect((await writer.get(jobId))?.version).toBe(4);
  });

  it('takes no status that was read longer ago than it keeps one', async () => {
    await known();
    const { era } = writer;
    const old = { ...era!, askedAt: era!.askedAt - 120_000 };
    await expect(writer.put(randomUUID(), snapshot(1), old)).rejects.toThrow('forgotten');
  });

  it('is looked past by every process until it has caught up', async () => {
    const patient = new StatusCache(createCacheRedis(database.href), 1_500);
    await eventually(async () => patient.hasCaughtUp, Boolean);
    await own.flushdb();
    await eventually(async () => !patient.hasCaughtUp, Boolean);
    await eventually(async () => patient.hasCaughtUp, Boolean);
    patient.onApplicationShutdown();
  });
});

describe('a process', () => {
  it('that has just started looks past what Redis has: it does not know whether Redis was away', async () => {
    const fresh = new StatusCache(createCacheRedis(url));
    await eventually(async () => fresh.era !== undefined, Boolean);
    expect(fresh.hasCaughtUp).toBe(false);
    fresh.onApplicationShutdown();
  });

  it('that was held up looks past what Redis has, as soon as it hears from it again', async () => {
    const held = new StatusCache(createCacheRedis(url), 1_000);
    await eventually(async () => held.era !== undefined && held.hasCaughtUp, Boolean);
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 5_000);
    await held.get(randomUUID());
    expect(held.hasCaughtUp).toBe(false);
    later.mockRestore();
    held.onApplicationShutdown();
  });
});

describe('a Redis in trouble', () => {
  afterEach(async () => {
    proxy.heal();
    await healthy();
  });

  it('that is down fails every call, and works again by itself', async () => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(1), cache.era);
    proxy.down();
    await expect(cache.get(jobId)).rejects.toThrow();
    await expect(cache.put(jobId, snapshot(2), cache.era)).rejects.toThrow();
    await expect(cache.ping()).rejects.toThrow();
    proxy.heal();
    await healthy();
    expect(await cache.get(jobId)).toEqual(snapshot(1));
  });

  it('that is hung fails every call instead of holding it', async () => {
    const jobId = randomUUID();
    proxy.hang();
    const calls = [cache.get(jobId), cache.put(jobId, snapshot(1), cache.era), cache.ping()];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
