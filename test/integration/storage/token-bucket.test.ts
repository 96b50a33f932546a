import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { TokenBucket } from '../../../src/storage/token-bucket.store.js';

let redis: Redis;
let other: Redis;

beforeAll(() => {
  redis = new Redis(process.env.REDIS_URL!);
  other = new Redis(process.env.REDIS_URL!);
});

afterAll(() => {
  redis.disconnect();
  other.disconnect();
});

const takeMany = (buckets: TokenBucket[], count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => buckets[index % buckets.length]!.take()));

describe('a token bucket', () => {
  it('gives as many tokens as it holds, to all processes together', async () => {
    const key = `bucket:${randomUUID()}`;
    // One token in 1,000 s: none comes back while the test runs.
    const buckets = [redis, other].map((client) => new TokenBucket(client, key, 10, 0.001));
    const waits = await takeMany(buckets, 30);
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(10);
  });

  it('tells the time until the next token, and gives it then', async () => {
    const bucket = new TokenBucket(redis, `bucket:${randomUUID()}`, 1, 20);
    expect(await bucket.take()).toBe(0);
    const waitMs = await bucket.take();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(50);
    await sleep(waitMs + 5);
    expect(await bucket.take()).toBe(0);
  });

  it('never holds more than its capacity, however long it rests', async () => {
    const key = `bucket:${randomUUID()}`;
    const bucket = new TokenBucket(redis, key, 3, 0.001);
    await bucket.take();
    await redis.hset(key, 'at', '1000000000');
    expect((await takeMany([bucket], 10)).filter((waitMs) => waitMs === 0)).toHaveLength(3);
  });

  it('gives nothing back when Redis’s clock is set back', async () => {
    const key = `bucket:${randomUUID()}`;
    const bucket = new TokenBucket(redis, key, 1, 0.001);
    await bucket.take();
    await redis.hset(key, 'at', '9000000000');
    expect(await bucket.take()).toBeGreaterThan(0);
  });

  it('goes from Redis when it would be full again', async () => {
    const key = `bucket:${randomUUID()}`;
    await new TokenBucket(redis, key, 60, 10).take();
    const leftMs = await redis.pttl(key);
    expect(leftMs).toBeGreaterThanOrEqual(6_000 - 1_000);
    expect(leftMs).toBeLessThanOrEqual(7_000);
  });

  it('does not mix with a bucket of another key', async () => {
    const [first, second] = [1, 2].map(() => new TokenBucket(redis, `bucket:${randomUUID()}`, 1, 0.001));
    expect([await first!.take(), await second!.take()]).toEqual([0, 0]);
  });
});
