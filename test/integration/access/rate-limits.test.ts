import { randomUUID } from 'node:crypto';
import type { Answer } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort } from '../../support/tcp-proxy.js';
import { startApi } from '../http/api.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from './keyed-api.js';
import { IMAGE, SECTIONS } from './owned-things.js';

jest.setTimeout(120_000);

const LIMIT = 100;

let keyed: KeyedApi;
let userId: string;

beforeAll(async () => {
  keyed = await startKeyedApi({ RATE_LIMIT_PER_HOUR: String(LIMIT) });
  await redisCounts();
});

beforeEach(() => {
  userId = `user-${randomUUID()}`;
});

afterAll(() => keyed.close());

const asAdmin = (method: string, path: string, body?: object) =>
  callWith(keyed.api.client, ADMIN_KEY, method, path, body);
const generate = (key = ADMIN_KEY, body: object = {}) =>
  callWith(keyed.api.client, key, 'POST', '/generate-media', { ...IMAGE, userId, ...body });
const headersOf = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`) ?? NaN));
const countOf = (answers: Answer[], wanted: number) =>
  answers.filter(({ status }) => status === wanted).length;

/** Resolves once the API counts in Redis rather than by itself. */
async function redisCounts(): Promise<void> {
  await eventually(
    () => keyed.api.client.get('/health/ready'),
    ({ text }) => text.includes('"redis":"up"'),
  );
}

describe('generations of a user', () => {
  it('are accepted up to the limit and not one beyond, though a thousand come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => generate()));
    expect([countOf(answers, 202), countOf(answers, 429)]).toEqual([LIMIT, 900]);
    const { rows } = await keyed.db.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM replicate.jobs WHERE user_id = $1',
      [userId],
    );
    expect(rows).toEqual([{ count: LIMIT }]);
  });

  it('tell what is left, and when it is refused how long to wait', async () => {
    const { key } = await keyed.makeKey(['generate'], { rateLimitPerHour: 2 });
    const answers = [await generate(key), await generate(key), await generate(key)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
    for (const [index, remaining] of [1, 0, 0].entries()) {
      const [limit, left, reset] = headersOf(answers[index]!);
      expect([limit, left]).toEqual([2, remaining]);
      expect(reset).toBeGreaterThan(3_500);
      expect(reset).toBeLessThanOrEqual(3_600);
    }
    const { body, headers } = answers[2]!;
    expect(body).toMatchObject({ error: 'Rate limit exceeded', code: 'rate_limited' });
    const { retryAfter } = body as { retryAfter: number };
    expect(retryAfter).toBeGreaterThan(3_500);
    expect(headers.get('retry-after')).toBe(String(retryAfter));
  });

  it('count neither bad requests, nor estimates, nor replays', async () => {
    const { key } = await keyed.makeKey(['generate'], { rateLimitPerHour: 1 });
    await generate(key, { modelId: 'none' });
    await callWith(keyed.api.client, key, 'POST', '/generate-media/estimate', { ...IMAGE, userId });
    const headers = { 'x-api-key': key, 'idempotency-key': randomUUID() };
    const once = () => keyed.api.client.post('/generate-media', { ...IMAGE, userId }, headers);
    expect([(await once()).status, (await once()).status]).toEqual([202, 202]);
    expect((await generate(key)).status).toBe(429);
  });

  it('count retries', async () => {
    const { key } = await keyed.makeKey(['generate'], { rateLimitPerHour: 1 });
    const { jobId } = (await generate(key)).body as { jobId: string };
    await asAdmin('POST', `/jobs/${jobId}/cancel`);
    const retry = (of: string) => callWith(keyed.api.client, of, 'POST', `/jobs/${jobId}/retry`);
    expect([(await retry(key)).status, (await retry(ADMIN_KEY)).status]).toEqual([429, 202]);
  });

  it('of a script count as many as they make, all or none', async () => {
    const { key } = await keyed.makeKey(['generate', 'read'], { rateLimitPerHour: 5 });
    const as = (path: string, body: object) => callWith(keyed.api.client, key, 'POST', path, body);
    const sections = [...SECTIONS, ...SECTIONS];
    const { scriptId } = (await as('/api/scripts', { userId, title: 'Two scenes', sections })).body as {
      scriptId: string;
    };
    const batch = (takes: number) => as(`/api/scripts/${scriptId}/generate`, { takes });
    expect((await batch(4)).body).toMatchObject({ details: expect.stringContaining('more than the 5') });
    const made = await batch(2);
    expect([made.status, headersOf(made)[1]]).toEqual([202, 1]);
    expect((await batch(3)).status).toBe(429);
    expect((await generate(key)).status).toBe(202);
    const { rows } = await keyed.db.pool.query('SELECT 1 FROM replicate.jobs WHERE user_id = $1', [userId]);
    expect(rows).toHaveLength(5);
  });

  it('are limited apart from those of another', async () => {
    const { key } = await keyed.makeKey(['generate'], { rateLimitPerHour: 1 });
    await generate(key);
    expect((await generate(key)).status).toBe(429);
    userId = `other-${userId}`;
    expect(headersOf(await generate())[1]).toBe(LIMIT - 1);
  });

  it('stay limited, process by process, while Redis is away', async () => {
    const redis = new URL(process.env.REDIS_URL!);
    const proxy = await startTcpProxy(redis.hostname, Number(redis.port));
    const url = throughPort(process.env.REDIS_URL!, proxy.port);
    const api = await startApi({
      ...{ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'false' },
      ...{ RATE_LIMIT_PER_HOUR: '10', REDIS_CACHE_URL: url },
    });
    try {
      proxy.down();
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => api.client.post('/generate-media', { ...IMAGE, userId })),
      );
      expect([countOf(answers, 202), countOf(answers, 429)]).toEqual([10, 20]);
    } finally {
      await api.close();
      await proxy.close();
    }
  });
});

describe('wrong keys', () => {
  it('from one address are held off, and known keys from there are not', async () => {
    const forwarded = await startApi({
      ...{ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'true', ADMIN_API_KEY: ADMIN_KEY },
      ...{ TRUSTED_PROXY_HOPS: '1' },
    });
    try {
      const address = `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join('.')}`;
      const from = (ip: string, key: string) =>
        forwarded.client.get('/models', { 'x-api-key': key, 'x-forwarded-for': ip });
      expect((await from(address, ADMIN_KEY)).status).toBe(200);
      const answers = await Promise.all(Array.from({ length: 130 }, () => from(address, 'wrong')));
      expect([countOf(answers, 401), countOf(answers, 429)]).toEqual([100, 30]);
      const refused = await from(address, 'wrong');
      expect(refused.body).toMatchObject({ code: 'rate_limited' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500);
      expect((await from(address, ADMIN_KEY)).status).toBe(200);
      expect((await from('10.256.0.1', 'wrong')).status).toBe(401);
      expect((await forwarded.client.get('/models')).status).toBe(401);
    } finally {
      await forwarded.close();
    }
  });
});
