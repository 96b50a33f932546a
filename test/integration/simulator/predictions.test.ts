import Replicate from 'replicate';
import type { PredictionAnswer, RunningSimulator } from './running-simulator.js';
import { idOf, startSimulator } from './running-simulator.js';

const flux = 'black-forest-labs/flux-schnell';
const sdxl = '7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc';
const small = { prompt: 'a pear', megapixels: '0.25' };

let simulator: RunningSimulator;
beforeEach(async () => {
  simulator = await startSimulator({ apiToken: 'r8_test' });
});
afterEach(() => simulator.close());

const bodyOf = async (answer: Response) => (await answer.json()) as PredictionAnswer;

describe('the official client', () => {
  const client = () =>
    new Replicate({ auth: 'r8_test', baseUrl: `${simulator.url}/v1`, useFileOutput: false });

  it('creates by name, waits, and gets the output', async () => {
    const created = await client().predictions.create({ model: flux, input: small });
    expect(created).toMatchObject({ status: 'starting', model: flux, version: 'hidden', output: null });
    const done = await client().wait(created, { interval: 20 });
    expect(done).toMatchObject({ status: 'succeeded', input: small, error: null, data_removed: false });
    expect(done.output).toEqual([expect.stringMatching(/\/files\/\w+\/out-0\.webp$/)]);
    expect(done.metrics?.predict_time).toBeGreaterThan(0);
    expect(done.logs).toContain('100%');
  });

  it('creates by version, cancels, lists, reads models and the signing key', async () => {
    await simulator.faults({ where: 'run', kind: 'stuck-starting' });
    const { id } = await client().predictions.create({ version: sdxl, input: {} });
    expect(await client().predictions.cancel(id)).toMatchObject({ id, status: 'canceled' });
    expect((await client().predictions.list()).results.map((one) => one.id)).toEqual([id]);
    const model = await client().models.get('google', 'veo-3.1');
    expect(model).toMatchObject({ owner: 'google', name: 'veo-3.1', is_official: true });
    const { key } = await client().webhooks.default.secret.get();
    expect(key).toMatch(/^whsec_/);
  });

  it('uploads, reads and deletes files', async () => {
    const file = await client().files.create(new Blob(['hello'], { type: 'text/plain' }), { order: 12 });
    expect(file).toMatchObject({ size: 5, content_type: 'text/plain', metadata: { order: 12 } });
    expect(await client().files.get(file.id)).toEqual(file);
    expect(await (await simulator.call('GET', `/v1/files/${file.id}/download`)).text()).toBe('hello');
    await client().files.delete(file.id);
    expect((await simulator.call('GET', `/v1/files/${file.id}`)).status).toBe(404);
  });
});

describe('a create', () => {
  it.each([
    [
      'no token',
      {},
      401,
      { title: 'Unauthenticated', detail: 'You did not pass an authentication token', status: 401 },
    ],
    ['a wrong token', { authorization: 'Bearer r8_other' }, 401, { detail: 'Invalid or expired API token.' }],
  ])('with %s is answered 401', async (_name, headers, status, body) => {
    const answer = await fetch(`${simulator.url}/v1/predictions`, { method: 'POST', body: '{}', headers });
    expect([answer.status, await answer.json()]).toEqual([status, body]);
  });

  it('of a community model on the official path is answered 404', async () => {
    const answer = await simulator.create('stability-ai/sdxl', {});
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { detail: 'The requested resource could not be found.', status: 404 },
    ]);
  });

  it('of an unknown version is answered 422', async () => {
    const answer = await simulator.createByVersion('f'.repeat(64), {});
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual({
      title: 'Invalid version or not permitted',
      detail: "The specified version does not exist (or perhaps you don't have permission to use it?)",
      status: 422,
    });
  });

  it('is refused for credit before its input is looked at', async () => {
    await simulator.call('POST', '/_settings', { credit: 'none' });
    const answer = await simulator.create(flux, {});
    expect([answer.status, await answer.json()]).toMatchObject([402, { title: 'Insufficient credit' }]);
  });

  it('is slowed to one in ten seconds when credit runs low', async () => {
    await simulator.clock({ mode: 'manual' });
    await simulator.call('POST', '/_settings', { credit: 'low' });
    expect((await simulator.create(flux, small)).status).toBe(201);
    const refused = await simulator.create(flux, small);
    expect([refused.status, await refused.json()]).toMatchObject([429, { retry_after: 10 }]);
    await simulator.clock({ advanceMs: 10_000 });
    expect((await simulator.create(flux, small)).status).toBe(201);
  });

  it('beyond the limit of a minute is answered 429 until the minute has passed', async () => {
    await simulator.clock({ mode: 'manual' });
    await simulator.call('POST', '/_settings', { createsPerMinute: 2 });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await simulator.create(flux, {})).status);
    expect(statuses).toEqual([422, 422, 429]);
    await simulator.clock({ advanceMs: 30_000 });
    expect((await simulator.create(flux, {})).status).toBe(422);
  });

  it('with Prefer: wait is answered when the run is over', async () => {
    const answer = await simulator.create(flux, small, {}, { prefer: 'wait=30' });
    expect([answer.status, (await bodyOf(answer)).status]).toEqual([201, 'succeeded']);
  });

  it('with Prefer: wait that runs out is answered 202 with where to look', async () => {
    await simulator.faults({ where: 'run', kind: 'stuck-processing' });
    const answer = await simulator.create(flux, small, {}, { prefer: 'wait=1' });
    const body = await bodyOf(answer);
    expect([answer.status, body.status, answer.headers.get('location')]).toEqual([
      202,
      'processing',
      body.urls.get,
    ]);
  });

  it('runs a model that only the registry knows, with its input as it comes', async () => {
    const modelsConfig = {
      image: { mine: { version: 'my-version', pricing: 0.05, supportedParams: ['prompt'] } },
    };
    const other = await startSimulator({ modelsConfig });
    const answer = await other.createByVersion('my-version', {
      prompt: 'p',
      width: 320,
      height: 200,
      mood: 'calm',
    });
    expect(await other.finished(await idOf(answer))).toMatchObject({
      status: 'succeeded',
      model: 'registry/mine',
    });
    await other.close();
  });
});

describe('the list', () => {
  it('gives 100 a page, newest first, between two times', async () => {
    await simulator.clock({ mode: 'manual' });
    await simulator.faults({ where: 'run', kind: 'stuck-starting' });
    const ids: string[] = [];
    for (let count = 0; count < 103; count += 1) {
      if (count === 102) await simulator.clock({ advanceMs: 1000 });
      ids.push(await idOf(await simulator.create(flux, small)));
    }
    const first = (await (await simulator.call('GET', '/v1/predictions')).json()) as {
      next: string;
      results: PredictionAnswer[];
    };
    expect(first.results.map(({ id }) => id)).toEqual(ids.slice(3).reverse());
    const second = await (await fetch(first.next, { headers: { authorization: 'Bearer r8_test' } })).json();
    expect(second).toMatchObject({
      next: null,
      results: ids
        .slice(0, 3)
        .reverse()
        .map((id) => ({ id })),
    });
    const since = String(first.results[0]?.created_at);
    for (const [query, count] of [
      [`created_after=${since}`, 1],
      [`created_before=${since}`, 100],
    ] as const) {
      const page = (await (await simulator.call('GET', `/v1/predictions?${query}`)).json()) as {
        results: unknown[];
      };
      expect(page.results).toHaveLength(count);
    }
  });
});

describe('a deadline', () => {
  beforeEach(() => simulator.clock({ mode: 'manual' }));
  const withDeadline = (seconds: string) => simulator.create(flux, small, {}, { 'cancel-after': seconds });

  it.each([
    ['aborts what has not started', 'stuck-starting', 'aborted'],
    ['cancels what is running', 'stuck-processing', 'canceled'],
  ])('%s', async (_name, kind, status) => {
    await simulator.faults({ where: 'run', kind });
    const created = await bodyOf(await withDeadline('1m'));
    expect(Date.parse(String(created.deadline)) - Date.parse(String(created.created_at))).toBe(60_000);
    await simulator.clock({ advanceMs: 59_999 });
    expect((await simulator.get(created.id)).status).not.toBe(status);
    await simulator.clock({ advanceMs: 1 });
    expect((await simulator.get(created.id)).status).toBe(status);
  });

  it('below five seconds is refused', async () => {
    expect((await withDeadline('4s')).status).toBe(422);
  });

  it('of thirty minutes holds for every run', async () => {
    await simulator.faults({ where: 'run', kind: 'stuck-processing' });
    const id = await idOf(await simulator.create(flux, small));
    await simulator.clock({ advanceMs: 30 * 60_000 });
    expect(await simulator.get(id)).toMatchObject({ status: 'failed', output: null });
  });
});

describe('an hour after the end', () => {
  it('input, output, logs and files are gone', async () => {
    await simulator.clock({ mode: 'manual' });
    const id = await idOf(await simulator.create(flux, small));
    await simulator.clock({ advanceMs: 1000 });
    const [url] = (await simulator.get(id)).output as string[];
    expect((await fetch(url as string)).status).toBe(200);
    await simulator.clock({ advanceMs: 3_600_000 });
    expect(await simulator.get(id)).toMatchObject({
      status: 'succeeded',
      input: {},
      output: null,
      logs: '',
      data_removed: true,
    });
    expect((await fetch(url as string)).status).toBe(404);
  });
});

describe('a seed', () => {
  it('gives the same ids and metrics to the same calls', async () => {
    const run = async () => {
      const fresh = await startSimulator({ seed: 42, durationScale: 0.1 });
      await fresh.clock({ mode: 'manual' });
      const id = await idOf(await fresh.create(flux, small));
      await fresh.clock({ advanceMs: 60_000 });
      const { metrics } = await fresh.get(id);
      await fresh.close();
      return { id, metrics };
    };
    expect(await run()).toEqual(await run());
  });
});

describe('the ledger', () => {
  it('holds every create with its nonce, every poll, list, cancel and download', async () => {
    const webhook = 'http://127.0.0.1:9/hook?job=j1&nonce=n1';
    const id = await idOf(await simulator.create(flux, small, { webhook, webhook_events_filter: ['start'] }));
    await simulator.create(flux, { megapixels: '0.25', prompt: 'a pear' });
    await simulator.create(flux, {});
    const [url] = (await simulator.finished(id)).output as string[];
    await (await fetch(url as string, { headers: { range: 'bytes=0-9' } })).arrayBuffer();
    await simulator.call('POST', `/v1/predictions/${id}/cancel`);
    await simulator.call('GET', '/v1/predictions');
    const { creates, polls, downloads, cancels, lists, predictions } = await simulator.ledger();
    expect(creates).toMatchObject([
      { predictionId: id, model: flux, nonce: 'job=j1&nonce=n1', status: 201 },
      { nonce: null, status: 201, inputHash: creates?.[0]?.inputHash },
      { predictionId: null, status: 422 },
    ]);
    expect(polls?.at(-1)).toMatchObject({ predictionId: id, status: 200 });
    expect(downloads).toMatchObject([{ predictionId: id, range: 'bytes=0-9', status: 206, bytes: 10 }]);
    expect([cancels?.length, lists?.length, predictions?.length]).toEqual([1, 1, 2]);
    await simulator.call('DELETE', '/_ledger');
    expect((await simulator.ledger()).creates).toEqual([]);
  });
});
