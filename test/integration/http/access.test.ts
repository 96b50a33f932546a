import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { startApi, type RunningApi } from './api.js';

jest.setTimeout(60_000);

const key = 'canary-bootstrap-key';
const valid = { mediaType: 'image', modelId: 'flux-schnell', userId: 'producer-1', prompt: 'a lighthouse' };

let db: TestDatabase;
let api: RunningApi;

beforeAll(async () => {
  db = await startTestDatabase();
  api = await startApi({ DATABASE_URL: db.url, AUTH_REQUIRED: 'true', ADMIN_API_KEY: key });
});

afterAll(async () => {
  await api.close();
  await db.close();
});

const id = '01890000-0000-7000-8000-000000000001';
const ROUTES: [string, string][] = [
  ['POST', '/generate-media'],
  ['POST', '/generate-media/estimate'],
  ['GET', `/status/${id}`],
  ['GET', '/jobs'],
  ['GET', `/jobs/${id}`],
  ['GET', `/jobs/${id}/events`],
  ['POST', `/jobs/${id}/cancel`],
  ['POST', `/jobs/${id}/retry`],
  ['GET', '/models'],
  ['GET', '/models/flux-schnell'],
];

const call = (method: string, path: string, headers: Record<string, string> = {}) =>
  api.client.call(method, path, { headers, ...(method === 'POST' ? { body: valid } : {}) });

describe('where a key is required', () => {
  it.each(ROUTES)('%s %s is refused without the right one', async (method, path) => {
    for (const headers of [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'wrong' },
      { 'x-api-key': `${key}x` },
      { 'x-api-key': key.slice(0, -1) },
      { 'x-api-key': key.toUpperCase() },
    ]) {
      const answer = await call(method, path, headers as Record<string, string>);
      expect([answer.status, answer.body]).toMatchObject([
        401,
        { error: 'Unauthorized', code: 'unauthorized' },
      ]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it.each(ROUTES)('%s %s is let in with it', async (method, path) => {
    expect((await call(method, path, { 'x-api-key': key })).status).not.toBe(401);
  });

  it('nothing was stored for those refused', async () => {
    const before = await db.pool.query('SELECT count(*) FROM replicate.jobs');
    await call('POST', '/generate-media');
    expect((await db.pool.query('SELECT count(*) FROM replicate.jobs')).rows).toEqual(before.rows);
  });

  it.each(['/health/live', '/health/ready', '/docs', '/openapi.json'])('%s is open', async (path) => {
    expect((await call('GET', path)).status).toBe(200);
  });

  it('the webhook asks for a signature instead', async () => {
    expect((await call('POST', '/webhook/replicate')).body).toMatchObject({
      details: expect.stringContaining('signature') as string,
    });
  });

  it('every address of the document is either open or refused', async () => {
    const { paths } = (await api.client.get('/openapi.json')).body as { paths: Record<string, object> };
    const open = /^\/(health\/|webhook\/replicate$)/;
    const addresses = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, id)] as const),
    );
    expect(addresses.length).toBeGreaterThanOrEqual(ROUTES.length);
    for (const [method, path] of addresses.filter((address) => !open.test(address[1])))
      expect([path, (await call(method, path)).status]).toEqual([path, 401]);
  });

  it('no key is ever printed', () => {
    expect(api.lines().length).toBeGreaterThan(10);
    expect(api.printed()).not.toContain(key);
  });
});
