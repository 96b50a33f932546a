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
    () => cache.ping().then(() => true),
    (isUp) => isUp,
  );

/** A cache that waits long: a thousand commands at once are a test of their order, not of a busy machine's speed. */
async function patientCache(): Promise<StatusCache> {
  const patient = new StatusCache(createCacheRedis(url, 10_000));
  await eventually(
    () => patient.ping().then(() => true),
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
      await cache.put(jobId, given);
      expect(await cache.get(jobId)).toEqual(given);
    }
  });

  it('keeps a status for five minutes at the key that is documented', async () => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(1));
    const leftMs = await onlooker.pttl(`job:status:${jobId}`);
    expect(leftMs).toBeGreaterThan(290_000);
    expect(leftMs).toBeLessThanOrEqual(300_000);
  });

  it.each([
    ['older', 2],
    ['equal', 3],
  ])('does not replace a version by an %s one, nor make it live longer', async (_what, version) => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(3, true));
    await onlooker.pexpire(`job:status:${jobId}`, 1_000);
    await cache.put(jobId, { ...snapshot(version), body: Buffer.from('other') });
    expect(await cache.get(jobId)).toEqual(snapshot(3, true));
    expect(await onlooker.pttl(`job:status:${jobId}`)).toBeLessThanOrEqual(1_000);
  });

  it('compares versions as numbers', async () => {
    const jobId = randomUUID();
    for (const version of [9, 10, 100, 99]) await cache.put(jobId, snapshot(version));
    expect((await cache.get(jobId))!.version).toBe(100);
  });

  it('holds the newest version of each job after a race of writers', async () => {
    const [one, other] = [await patientCache(), await patientCache()];
    const jobIds = Array.from({ length: 200 }, () => randomUUID());
    const writes = jobIds.flatMap((jobId) =>
      [1, 2, 3, 4].map(async (version) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        await (version % 2 ? one : other).put(jobId, snapshot(version, version === 4));
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

describe('a Redis in trouble', () => {
  afterEach(async () => {
    proxy.heal();
    await healthy();
  });

  it('that is down fails every call, and works again by itself', async () => {
    const jobId = randomUUID();
    await cache.put(jobId, snapshot(1));
    proxy.down();
    await expect(cache.get(jobId)).rejects.toThrow();
    await expect(cache.put(jobId, snapshot(2))).rejects.toThrow();
    await expect(cache.ping()).rejects.toThrow();
    proxy.heal();
    await healthy();
    expect(await cache.get(jobId)).toEqual(snapshot(1));
  });

  it('that is hung fails every call instead of holding it', async () => {
    const jobId = randomUUID();
    proxy.hang();
    const calls = [cache.get(jobId), cache.put(jobId, snapshot(1)), cache.ping()];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
