import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';

jest.setTimeout(60_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ apis: 2, workers: 0 });
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'idempotent', prompt: 'Once' };

async function jobCount(): Promise<number> {
  const { rows } = await app.database.query('SELECT count(*)::int AS count FROM replicate.jobs');
  return rows[0].count;
}

const generate = (key: string, body: unknown = request, api = app.api) =>
  api.post('/generate-media', body, { 'idempotency-key': key });

describe('an Idempotency-Key', () => {
  it('gives the first answer again, byte for byte, on any API', async () => {
    const key = randomUUID();
    const first = await generate(key);
    const before = await jobCount();
    const again = await generate(key, request, app.apis[1]);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await jobCount()).toBe(before);
  });

  it('with another body is refused', async () => {
    const key = randomUUID();
    await generate(key);
    const before = await jobCount();
    const answer = await generate(key, { ...request, prompt: 'Twice' });
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { error: 'Unprocessable', code: 'unprocessable' },
    ]);
    expect(await jobCount()).toBe(before);
  });

  it('sent many times at once makes one job', async () => {
    const key = randomUUID();
    const before = await jobCount();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => generate(key, request, app.apis[index % 2])),
    );
    expect(await jobCount()).toBe(before + 1);
    for (const { status } of answers) expect([202, 409]).toContain(status);
    expect(new Set(answers.filter(({ status }) => status === 202).map(({ text }) => text)).size).toBe(1);
  });

  it('stays free after a request that was refused', async () => {
    const key = randomUUID();
    expect((await generate(key, { ...request, userId: '' })).status).toBe(400);
    expect((await generate(key)).status).toBe(202);
  });

  it('of one route says nothing about another', async () => {
    const key = randomUUID();
    await generate(key);
    const estimate = await app.api.post('/generate-media/estimate', request, { 'idempotency-key': key });
    expect(estimate.status).toBe(200);
  });
});
