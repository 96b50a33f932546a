import type { PredictionAnswer, RunningSimulator } from './running-simulator.js';
import { idOf, startReceiver, startSimulator } from './running-simulator.js';

const flux = 'black-forest-labs/flux-schnell';
const small = { prompt: 'a pear', megapixels: '0.25', seed: 1 };

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(async () => {
  await simulator.clock({ mode: 'real' });
  await simulator.call('POST', '/_reset');
});

const counted = async () => {
  const { creates = [], predictions = [] } = await simulator.ledger();
  return { creates: creates.length, predictions: predictions.length };
};

describe('faults of a create', () => {
  it.each([
    ['reset', 0],
    ['reset-after-create', 1],
  ])('%s cuts the connection; %i created', async (kind, predictions) => {
    await simulator.faults({ where: 'create', kind });
    await expect(simulator.create(flux, small)).rejects.toThrow();
    expect(await counted()).toEqual({ creates: 1, predictions });
  });

  it.each([
    [{ kind: 'error' }, 500, {}, 0],
    [{ kind: 'error', status: 401 }, 401, { detail: 'Invalid or expired API token.' }, 0],
    [{ kind: 'error', status: 401, variant: 'titled' }, 401, { title: 'Unauthenticated' }, 0],
    [{ kind: 'error', status: 402 }, 402, { title: 'Insufficient credit' }, 0],
    [{ kind: 'error', status: 404 }, 404, { detail: 'The requested resource could not be found.' }, 0],
    [{ kind: 'error', status: 422 }, 422, { detail: '- input: prompt is required\n' }, 0],
    [
      { kind: 'error', status: 429 },
      429,
      { detail: 'Request was throttled. Your rate limit resets in ~30s.' },
      0,
    ],
    [{ kind: 'error', status: 429, variant: 'low-credit', seconds: 5 }, 429, { retry_after: 5 }, 0],
    [{ kind: 'error', status: 503, body: { odd: true } }, 503, { odd: true }, 0],
    [{ kind: 'error-after-create', status: 502 }, 502, {}, 1],
    [{ kind: 'error-after-create', status: 504 }, 504, {}, 1],
    [{ kind: 'status-200' }, 200, { status: 'starting' }, 1],
    [{ kind: 'answer-processing' }, 202, { status: 'processing' }, 1],
  ])('%j', async (fault, status, body, predictions) => {
    await simulator.faults({ where: 'create', ...fault });
    const answer = await simulator.create(flux, small);
    expect([answer.status, await answer.json()]).toMatchObject([status, body]);
    expect(await counted()).toEqual({ creates: 1, predictions });
  });

  it('a 429 may carry Retry-After', async () => {
    await simulator.faults({ where: 'create', kind: 'error', status: 429, retryAfter: 7 });
    expect((await simulator.create(flux, small)).headers.get('retry-after')).toBe('7');
  });

  it('slow has created long before it answers', async () => {
    await simulator.faults({ where: 'create', kind: 'slow', delayMs: 3_600_000 });
    const caller = new AbortController();
    const answer = fetch(`${simulator.url}/v1/models/${flux}/predictions`, {
      method: 'POST',
      body: JSON.stringify({ input: small }),
      headers: { authorization: 'Bearer r8_test' },
      signal: caller.signal,
    });
    while ((await counted()).predictions === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await simulator.ledger()).creates).toMatchObject([{ status: null }]);
    caller.abort();
    await expect(answer).rejects.toThrow();
  });

  it('answer-after-webhook answers with an old state after the terminal webhook', async () => {
    await simulator.faults({ where: 'create', kind: 'answer-after-webhook' });
    const receiver = await startReceiver();
    const answer = await simulator.create(flux, small, { webhook: receiver.url });
    expect((await answer.json()) as PredictionAnswer).toMatchObject({ status: 'starting', output: null });
    expect(receiver.delivered.at(-1)?.prediction.status).toBe('succeeded');
    await receiver.close();
  });
});

describe('faults of a run', () => {
  it.each([
    [
      { kind: 'failed', code: 'E1001' },
      { status: 'failed', output: null, error: expect.stringContaining('E1001') as string },
    ],
    [
      { kind: 'failed', code: 'nsfw' },
      { status: 'failed', error: expect.stringContaining('NSFW') as string },
    ],
    [
      { kind: 'failed', error: 'odd' },
      { status: 'failed', error: 'odd' },
    ],
    [{ kind: 'failed' }, { status: 'failed', error: 'Prediction failed.' }],
    [{ kind: 'aborted' }, { status: 'aborted', output: null }],
    [{ kind: 'canceled' }, { status: 'canceled', output: null }],
    [{ kind: 'output-null' }, { status: 'succeeded', output: null }],
    [{ kind: 'output-empty-string' }, { status: 'succeeded', output: '' }],
    [{ kind: 'output-empty-array' }, { status: 'succeeded', output: [] }],
    [
      { kind: 'output-other-shape' },
      { status: 'succeeded', output: expect.stringContaining('/files/') as string },
    ],
  ])('%j', async (fault, expected) => {
    await simulator.faults({ where: 'run', ...fault });
    expect(await simulator.finished(await idOf(await simulator.create(flux, small)))).toMatchObject(expected);
  });

  it.each([
    ['stuck-starting', 'starting'],
    ['stuck-processing', 'processing'],
  ])('%s stays so', async (kind, status) => {
    await simulator.clock({ mode: 'manual' });
    await simulator.faults({ where: 'run', kind });
    const id = await idOf(await simulator.create(flux, small));
    await simulator.clock({ advanceMs: 29 * 60_000 });
    expect((await simulator.get(id)).status).toBe(status);
  });

  it('output-while-processing shows the output before the end', async () => {
    await simulator.clock({ mode: 'manual' });
    await simulator.faults({ where: 'run', kind: 'output-while-processing', delayMs: 5000 });
    const id = await idOf(await simulator.create(flux, small));
    await simulator.clock({ advanceMs: 1000 });
    const early = await simulator.get(id);
    expect([early.status, early.output, early.metrics]).toEqual([
      'processing',
      [expect.any(String)],
      undefined,
    ]);
    await simulator.clock({ advanceMs: 5000 });
    expect(await simulator.get(id)).toMatchObject({ status: 'succeeded', output: early.output });
  });
});

describe('faults of polls, lists and cancels', () => {
  const finishedRun = async () => {
    const id = await idOf(await simulator.create(flux, small));
    await simulator.finished(id);
    return id;
  };

  it.each([
    [{ where: 'poll', kind: 'error', status: 503 }, 'GET', '', 503, {}],
    [{ where: 'poll', kind: 'error', status: 429 }, 'GET', '', 429, {}],
    [{ where: 'poll', kind: 'not-found' }, 'GET', '', 404, {}],
    [{ where: 'poll', kind: 'stale' }, 'GET', '', 200, { status: 'starting', output: null, logs: '' }],
    [{ where: 'cancel', kind: 'error' }, 'POST', '/cancel', 500, {}],
  ])('%j', async (fault, method, path, status, body) => {
    const id = await finishedRun();
    await simulator.faults(fault);
    const answer = await simulator.call(method, `/v1/predictions/${id}${path}`);
    expect([answer.status, await answer.json()]).toMatchObject([status, body]);
  });

  it.each([
    ['poll', 'GET', '/x'],
    ['list', 'GET', ''],
    ['cancel', 'POST', '/x/cancel'],
  ])('%s reset cuts the connection', async (where, method, path) => {
    await simulator.faults({ where, kind: 'reset' });
    await expect(simulator.call(method, `/v1/predictions${path}`)).rejects.toThrow();
  });

  it('a late list shows a new prediction only after its delay', async () => {
    await simulator.clock({ mode: 'manual' });
    await simulator.faults([
      { where: 'list', kind: 'late', delayMs: 60_000 },
      { where: 'run', kind: 'stuck-starting' },
    ]);
    await simulator.create(flux, small);
    const listed = async () =>
      ((await (await simulator.call('GET', '/v1/predictions')).json()) as { results: unknown[] }).results
        .length;
    expect(await listed()).toBe(0);
    await simulator.clock({ advanceMs: 60_000 });
    expect(await listed()).toBe(1);
  });
});

describe('faults of files', () => {
  const output = async () => {
    const { output: urls } = await simulator.finished(await idOf(await simulator.create(flux, small)));
    return (urls as string[])[0] as string;
  };
  const whole = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

  it.each([
    [{ kind: 'not-found' }, 404, 'application/problem+json'],
    [{ kind: 'forbidden' }, 403, 'application/json'],
    [{ kind: 'error', status: 503 }, 503, 'application/json'],
    [{ kind: 'wrong-type' }, 200, 'application/octet-stream'],
    [{ kind: 'wrong-type', contentType: 'video/mp4' }, 200, 'video/mp4'],
    [{ kind: 'html' }, 200, 'text/html; charset=utf-8'],
    [{ kind: 'empty' }, 200, 'image/webp'],
  ])('%j', async (fault, status, contentType) => {
    const url = await output();
    await simulator.faults({ where: 'files', ...fault });
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, contentType]);
    if (fault.kind === 'empty') expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  it.each(['truncated', 'wrong-length', 'reset'])('%s breaks the download', async (kind) => {
    const url = await output();
    await simulator.faults({ where: 'files', kind });
    await expect(whole(url)).rejects.toThrow();
  });

  it('cut-short ends cleanly half way, undecodable is other bytes of the same number', async () => {
    const url = await output();
    const right = await whole(url);
    await simulator.faults([
      { where: 'files', kind: 'cut-short', times: 1 },
      { where: 'files', kind: 'undecodable', times: 1 },
    ]);
    const short = await whole(url);
    expect(short.equals(right.subarray(0, short.length))).toBe(true);
    expect(short.length).toBeLessThan(right.length);
    const wrong = await whole(url);
    expect([wrong.length, wrong.equals(right)]).toEqual([right.length, false]);
    expect((await whole(url)).equals(right)).toBe(true);
  });

  it('huge announces and sends as many bytes as asked', async () => {
    const url = await output();
    await simulator.faults({ where: 'files', kind: 'huge', bytes: 20_000_000 });
    expect((await whole(url)).length).toBe(20_000_000);
  });

  it('slow follows the clock', async () => {
    const url = await output();
    await simulator.faults({ where: 'files', kind: 'slow', bytesPerSecond: 1000 });
    await simulator.clock({ mode: 'scaled', scale: 1000 });
    const start = Date.parse(((await simulator.clock({})) as { now: string }).now);
    const bytes = (await whole(url)).length;
    const end = Date.parse(((await simulator.clock({})) as { now: string }).now);
    expect((end - start) / 1000).toBeGreaterThanOrEqual((bytes / 1000) * 0.9);
  });

  it('redirect points where it is told', async () => {
    const url = await output();
    await simulator.faults({ where: 'files', kind: 'redirect', location: 'http://169.254.169.254/' });
    const answer = await fetch(url, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://169.254.169.254/']);
  });
});

describe('the delivery host', () => {
  it('serves ranges, heads, entity tags, and refuses what lies outside', async () => {
    const { output } = await simulator.finished(await idOf(await simulator.create(flux, small)));
    const url = (output as string[])[0] as string;
    const full = await fetch(url);
    const bytes = Buffer.from(await full.arrayBuffer());
    const etag = full.headers.get('etag') as string;
    const ranged = async (range: string) => {
      const answer = await fetch(url, { headers: { range } });
      return [answer.status, answer.headers.get('content-range'), Buffer.from(await answer.arrayBuffer())];
    };
    const size = bytes.length;
    expect(full.headers.get('content-length')).toBe(String(size));
    expect(await ranged('bytes=5-9')).toEqual([206, `bytes 5-9/${size}`, bytes.subarray(5, 10)]);
    expect(await ranged('bytes=-4')).toEqual([
      206,
      `bytes ${size - 4}-${size - 1}/${size}`,
      bytes.subarray(-4),
    ]);
    expect(await ranged(`bytes=${size}-`)).toEqual([416, `bytes */${size}`, Buffer.alloc(0)]);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(size));
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('asks for the token when told to', async () => {
    const guarded = await startSimulator({ deliveryRequiresToken: true });
    const { output } = await guarded.finished(await idOf(await guarded.create(flux, small)));
    const url = (output as string[])[0] as string;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: 'Bearer r8_test' } })).status).toBe(200);
    await guarded.close();
  });
});

describe('the choice of a fault', () => {
  it('goes by model, prompt and number of times', async () => {
    const match = { model: flux, promptIncludes: 'pear' };
    await simulator.faults({ where: 'create', kind: 'error', status: 503, match, times: 1 });
    const statuses = [];
    for (const prompt of ['an apple', 'a pear', 'a pear'])
      statuses.push((await simulator.create(flux, { ...small, prompt })).status);
    expect(statuses).toEqual([201, 503, 201]);
  });

  it('goes by rate, the same for the same seed', async () => {
    const draw = async () => {
      const fresh = await startSimulator({
        seed: 5,
        faults: [{ where: 'poll', kind: 'error', status: 503, rate: 0.3 }],
      });
      const statuses = [];
      for (let count = 0; count < 40; count += 1)
        statuses.push((await fresh.call('GET', '/v1/predictions/none')).status);
      await fresh.close();
      return statuses;
    };
    const first = await draw();
    expect(first.filter((status) => status === 503).length).toBeGreaterThan(3);
    expect(first.filter((status) => status === 404).length).toBeGreaterThan(15);
    expect(await draw()).toEqual(first);
  });

  it('names what is wrong with a fault that does not exist', async () => {
    const answer = await simulator.call('POST', '/_faults', { where: 'create', kind: 'rain' });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { detail: expect.stringContaining('reset-after-create') as string },
    ]);
  });
});
