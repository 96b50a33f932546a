import { randomUUID } from 'node:crypto';
import { createCacheRedis } from '../../../src/storage/redis.js';
import { QuotaStore, type Quota } from '../../../src/storage/quota.store.js';
import { startTcpProxy, throughPort } from '../../support/tcp-proxy.js';

const REDIS_URL = process.env.REDIS_URL!;
const WINDOW_MS = 60_000;

let store: QuotaStore;

beforeEach(async () => {
  store = new QuotaStore(await connected(REDIS_URL));
});

afterEach(() => store.onApplicationShutdown());

async function connected(url: string) {
  const redis = createCacheRedis(url, 2_000);
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  return redis;
}

const quota = (limit: number): Quota => ({ key: `test:${randomUUID()}`, limit, windowMs: WINDOW_MS });

describe('takings that come together', () => {
  it('are served in their order, each from its own quotas, all of them or none', async () => {
    const [wide, narrow] = [quota(10), quota(2)];
    const takings = await Promise.all([
      store.take([wide, narrow], 1),
      store.take([wide], 5),
      store.take([narrow, wide], 2),
      store.take([wide, narrow], 1),
      store.take([wide], 4),
      store.take([wide], 3),
    ]);
    expect(takings.map(({ granted, uses }) => [granted, ...uses.map(({ used }) => used)])).toEqual([
      [true, 1, 1],
      [true, 6],
      [false, 1, 6],
      [true, 7, 2],
      [false, 7],
      [true, 10],
    ]);
    for (const { uses } of takings) {
      for (const { resetMs } of uses) {
        expect(resetMs).toBeGreaterThan(WINDOW_MS - 5_000);
        expect(resetMs).toBeLessThanOrEqual(WINDOW_MS);
      }
    }
  });

  it('are granted as often as the limit says, however many ask', async () => {
    const only = quota(150);
    const takings = await Promise.all(Array.from({ length: 500 }, () => store.take([only], 1)));
    expect(takings.filter(({ granted }) => granted)).toHaveLength(150);
    expect(takings.slice(0, 150).every(({ granted }) => granted)).toBe(true);
  });

  it('only ask, with an amount of nothing', async () => {
    const only = quota(1);
    await store.take([only], 1);
    expect(await store.take([only], 0)).toMatchObject({ granted: true, uses: [{ used: 1 }] });
  });
});

it('a hung Redis fails those that wait with the one that asked', async () => {
  const { hostname, port } = new URL(REDIS_URL);
  const proxy = await startTcpProxy(hostname, Number(port));
  const behind = new QuotaStore(await connected(throughPort(REDIS_URL, proxy.port)));
  try {
    await behind.take([quota(1)], 1);
    proxy.hang();
    const startedMs = performance.now();
    const first = behind.take([quota(1)], 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const later = Array.from({ length: 300 }, () => behind.take([quota(1)], 1));
    const outcomes = await Promise.allSettled([first, ...later]);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  } finally {
    behind.onApplicationShutdown();
    await proxy.close();
  }
});
