import { startTestApp, type TestApp } from '../support/app.js';
import type { JobStatus } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { reachedState } from '../support/job-rows.js';
import { webhookHeaders } from '../support/webhook-sender.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ proxied: ['postgres', 'redis', 'dynamodb'] });
});
afterAll(() => app.stop());
afterEach(async () => {
  for (const proxy of Object.values(app.proxies)) proxy.heal();
  await eventually(
    async () => (await app.api.get('/health/ready')).body as { down: string[] },
    ({ down }) => down.length === 0,
  );
});

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'outages', prompt: 'An outage' };

/** A completed job, mirrored everywhere, that no API has shown. */
async function completedUnseen(): Promise<string> {
  const jobId = await app.api.generate(request);
  await reachedState(app.database, jobId, 'completed');
  await eventually(
    () => app.items({ jobId }),
    (items) => items[0]?.status === 'completed',
  );
  await eventually(
    () => app.redis.hget(`job:status:${jobId}`, 'f'),
    (final) => final === '1',
  );
  return jobId;
}

async function source(jobId: string) {
  const answer = await app.api.get(`/status/${jobId}`);
  return [answer.status, (answer.body as JobStatus).status, answer.headers.get('x-cache')];
}

describe('without Redis', () => {
  it.each(['down', 'hang'] as const)('(%s) a status comes from the next layer', async (outage) => {
    const jobId = await completedUnseen();
    app.proxies.redis[outage]();
    expect(await source(jobId)).toEqual([200, 'completed', 'dynamodb']);
  });

  it('a job is accepted, and runs once when Redis is back', async () => {
    app.proxies.redis.down();
    const jobId = await app.api.generate(request);
    expect((await app.api.status(jobId)).status).toBe('pending');
    expect((await app.api.get('/health/ready')).body).toMatchObject({ status: 'ok', down: ['redis'] });
    app.proxies.redis.heal();
    expect((await app.api.finished(jobId, 60_000)).status).toBe('completed');
    expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
  });
});

describe('without DynamoDB', () => {
  it.each(['down', 'hang'] as const)(
    '(%s) a status that Redis lost comes from PostgreSQL',
    async (outage) => {
      const jobId = await completedUnseen();
      await app.redis.del(`job:status:${jobId}`);
      app.proxies.dynamodb[outage]();
      expect(await source(jobId)).toEqual([200, 'completed', 'postgres']);
    },
  );

  it('a job completes, and the table catches up', async () => {
    app.proxies.dynamodb.down();
    const jobId = await app.api.generate(request);
    expect((await app.api.finished(jobId)).status).toBe('completed');
    app.proxies.dynamodb.heal();
    await eventually(
      () => app.items({ jobId }),
      (items) => items.length === 1 && items[0]!.status === 'completed',
      30_000,
    );
  });
});

describe('without Redis and DynamoDB', () => {
  it('a job’s status comes from PostgreSQL', async () => {
    const jobId = await completedUnseen();
    app.proxies.redis.hang();
    app.proxies.dynamodb.hang();
    expect(await source(jobId)).toEqual([200, 'completed', 'postgres']);
  });
});

describe('without PostgreSQL', () => {
  const unavailable = {
    error: 'Service unavailable',
    code: 'service_unavailable',
    requestId: expect.any(String),
  };

  it('nothing is accepted, known statuses are shown, and all is well again afterwards', async () => {
    const [seen, cached] = [await completedUnseen(), await completedUnseen()];
    await app.api.status(seen);
    app.proxies.postgres.down();

    const body = JSON.stringify({ id: 'any', status: 'processing' });
    const headers = webhookHeaders({ body, secret: app.env.REPLICATE_WEBHOOK_SECRET!.split(',')[0]! });
    for (const answer of [
      await app.api.post('/generate-media', request),
      await app.api.get('/jobs'),
      await app.api.get('/status/01234567-89ab-4def-8123-456789abcdef'),
      await app.api.post('/webhook/replicate', body, headers),
    ]) {
      expect([answer.status, answer.body]).toMatchObject([503, unavailable]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.text).not.toMatch(/ECONN|pg_|postgres:\/\//i);
    }
    expect(await source(seen)).toEqual([200, 'completed', 'memory']);
    expect(await source(cached)).toEqual([200, 'completed', 'redis']);
    const ready = await app.api.get('/health/ready');
    expect([ready.status, ready.body]).toMatchObject([503, { down: ['postgres'] }]);
    expect((await app.api.get('/health/live')).status).toBe(200);
    expect((await app.api.post('/generate-media/estimate', request)).status).toBe(200);

    app.proxies.postgres.heal();
    const jobId = await eventually(
      () => app.api.generate(request),
      () => true,
    );
    expect((await app.api.finished(jobId)).status).toBe('completed');
  });

  it('hanging, an accept is refused in time', async () => {
    app.proxies.postgres.hang();
    const answer = await app.api.post('/generate-media', request);
    expect([answer.status, answer.body]).toMatchObject([503, unavailable]);
  });
});
