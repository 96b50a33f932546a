import { randomUUID } from 'node:crypto';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { eventually } from '../../support/eventually.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from '../access/keyed-api.js';
import { IMAGE } from '../access/owned-things.js';
import { acceptJobs, aNewJob } from '../jobs/new-job.js';

jest.setTimeout(60_000);

interface Sum {
  group?: string | null;
  jobs: number;
  actualCost: number;
  estimatedCost: number;
}

interface Usage {
  items: Sum[];
  total: Sum;
  saved: {
    requests: number;
    amount: number;
    reasons: { reason: string; requests: number; amount: number }[];
  };
}

const SCRIPT = '01890000-0000-7000-8000-00000000000a';

let keyed: KeyedApi;
let key: string;
let keyId: string;

beforeAll(async () => {
  keyed = await startKeyedApi();
});

beforeEach(async () => {
  ({ key, keyId } = await keyed.makeKey(['generate', 'read']));
});

afterAll(() => keyed.close());

const call = (method: string, path: string, body?: object, as = key) =>
  callWith(keyed.api.client, as, method, path, body);
const usage = async (query: string, as = key) => {
  const { status, body, text } = await call('GET', `/usage?${query}`, undefined, as);
  if (status !== 200) throw new Error(text);
  return body as Usage;
};

interface Past {
  userId?: string;
  modelId?: string;
  scriptId?: string;
  at: string;
  end?: 'completed' | 'failed' | 'canceled';
  cost?: string;
}

/** A job of the key's that was created then and ended so, at that cost; open without an end. */
async function job({ at, end, cost, ...facts }: Past): Promise<void> {
  const order = aNewJob({ ...facts, owner: `key:${keyId}` });
  await acceptJobs(keyed.db.database, order);
  await keyed.db.pool.query(
    `UPDATE replicate.jobs SET created_at = $2, state = 'storing' WHERE job_id = $1`,
    [order.jobId, at],
  );
  if (end === 'canceled')
    await keyed.db.pool.query(`UPDATE replicate.jobs SET state = 'processing' WHERE job_id = $1`, [
      order.jobId,
    ]);
  const output = { objectKey: 'o', fileSize: 1, contentType: 'video/mp4', sha256: 'a', durationSeconds: 2.5 };
  const result = { metadataKey: 'm', outputs: [output] };
  const move = { jobId: order.jobId, cause: 'worker', ...(cost && { actualCost: cost }) };
  if (end)
    await new JobsRepository(keyed.db.database).move({
      ...move,
      to: end,
      ...(end === 'completed' && { result }),
    });
}

/** Five jobs of the key's: of two days, models and users. */
async function someJobs(): Promise<void> {
  await job({ at: '2026-03-01T00:00:00.000Z', end: 'completed', cost: '0.1', scriptId: SCRIPT });
  await job({ at: '2026-03-01T23:59:59.999Z', end: 'completed', cost: '0.2' });
  await job({ at: '2026-03-02T00:00:00.000Z', end: 'failed', cost: '0.01', userId: 'other' });
  await job({ at: '2026-03-02T12:00:00.000Z', end: 'canceled', modelId: 'sdxl' });
  await job({ at: '2026-03-02T12:00:00.000Z', modelId: 'sdxl', userId: 'other' });
}

const MARCH = 'from=2026-03-01&to=2026-03-31';

describe('GET /usage', () => {
  it('adds up by day what has ended and what is open, in exact decimals', async () => {
    await someJobs();
    const { items, total, saved } = await usage(MARCH);
    expect(items).toEqual([
      {
        group: '2026-03-01',
        jobs: 2,
        completed: 2,
        failed: 0,
        estimatedCost: 0.006,
        actualCost: 0.3,
        seconds: 5,
      },
      {
        group: '2026-03-02',
        jobs: 3,
        completed: 0,
        failed: 1,
        estimatedCost: 0.009,
        actualCost: 0.01,
        seconds: 0,
      },
    ]);
    expect(total).toEqual({
      ...{ jobs: 5, completed: 2, failed: 1, estimatedCost: 0.015, actualCost: 0.31, seconds: 5 },
    });
    expect(saved).toEqual({ requests: 0, amount: 0, reasons: [] });
  });

  it.each([
    [
      'model',
      [
        ['flux-schnell', 3, 0.31],
        ['sdxl', 2, 0],
      ],
    ],
    [
      'user',
      [
        ['producer-1', 3, 0.3],
        ['other', 2, 0.01],
      ],
    ],
    [
      'script',
      [
        [null, 4, 0.21],
        [SCRIPT, 1, 0.1],
      ],
    ],
  ])('groups by %s, the dearest first', async (groupBy, expected) => {
    await someJobs();
    const { items } = await usage(`${MARCH}&groupBy=${groupBy}`);
    expect(items.map(({ group, jobs, actualCost }) => [group, jobs, actualCost])).toEqual(expected);
  });

  it('groups by key, whose id it names', async () => {
    await someJobs();
    expect((await usage(`${MARCH}&groupBy=key`)).items).toMatchObject([{ group: keyId, jobs: 5 }]);
  });

  it.each([
    ['from=2026-03-02&to=2026-03-02', 3],
    ['from=2026-03-01T10:00:00Z&to=2026-03-02T00:00:00Z', 2],
    ['from=2026-03-03&to=2026-03-01', 0],
  ])('of %s counts whole days', async (query, jobs) => {
    await someJobs();
    expect((await usage(query)).total.jobs).toBe(jobs);
  });

  it('by default is of this month', async () => {
    await call('POST', '/generate-media', IMAGE);
    const today = new Date().toISOString().slice(0, 10);
    const { items, ...rest } = await usage('');
    expect(items).toMatchObject([{ group: today, jobs: 1, estimatedCost: 0.003 }]);
    expect(rest).toMatchObject({ from: `${today.slice(0, 8)}01`, to: today });
  });

  it('shows a caller its own, and an admin everybody’s', async () => {
    await someJobs();
    const other = await keyed.makeKey(['read']);
    expect((await usage(MARCH, other.key)).total.jobs).toBe(0);
    const all = await usage(`${MARCH}&groupBy=key`, ADMIN_KEY);
    expect(all.items.find(({ group }) => group === keyId)?.jobs).toBe(5);
    expect(all.total.jobs).toBe(all.items.reduce((sum, { jobs }) => sum + jobs, 0));
  });

  it('answers CSV to whom asks for it', async () => {
    await someJobs();
    const headers = { 'x-api-key': key, accept: 'text/csv' };
    const answer = await keyed.api.client.call('GET', `/usage?${MARCH}&groupBy=user`, { headers });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="usage-by-user-2026-03-01-2026-03-31.csv"',
    );
    expect(answer.headers.get('vary')).toContain('Accept');
    expect(answer.text.split('\r\n')).toEqual([
      'group,jobs,completed,failed,estimatedCost,actualCost,seconds',
      ...['producer-1,3,2,0,0.009,0.3,5', 'other,2,0,1,0.006,0.01,0', ''],
    ]);
  });

  it.each([['groupBy=week'], ['from=yesterday'], ['to=2026-02-30'], ['day=1']])(
    'refuses %s',
    async (query) => {
      const { status } = await call('GET', `/usage?${query}`);
      expect(status).toBe(400);
    },
  );
});

describe('money saved', () => {
  const VEO = {
    ...{ mediaType: 'video', modelId: 'veo-3.1', userId: 'producer-1', prompt: 'a lighthouse' },
    parameters: { reference_images: ['https://example.com/a.png'], aspect_ratio: '9:16', duration: 8 },
  };
  const savedWhen = (requests: number) =>
    eventually(
      () => usage(''),
      ({ saved }) => saved.requests === requests,
    );

  it('counts what the provider would have billed and ignored, and no other refusal', async () => {
    expect((await call('POST', '/generate-media', VEO)).status).toBe(400);
    expect((await call('POST', '/generate-media', { ...VEO, parameters: { fps: 12 } })).status).toBe(400);
    expect((await call('POST', '/generate-media/estimate', VEO)).status).toBe(400);
    expect((await call('POST', '/generate-media', VEO)).status).toBe(400);
    const { saved } = await savedWhen(2);
    expect(saved).toEqual({
      ...{ requests: 2, amount: 1.92 },
      reasons: [{ reason: 'refused', requests: 2, amount: 1.92 }],
    });
  });

  it('counts repetitions under an Idempotency-Key and scenes that had not changed', async () => {
    const headers = { 'x-api-key': key, 'idempotency-key': randomUUID() };
    for (let count = 0; count < 3; count += 1) await keyed.api.client.post('/generate-media', IMAGE, headers);
    const sections = [{ prompt: 'a lighthouse', modelId: 'wan-2.5-t2v', parameters: { size: '832*480' } }];
    const made = await call('POST', '/api/scripts', { userId: 'producer-1', title: 'One scene', sections });
    const generate = `/api/scripts/${(made.body as { scriptId: string }).scriptId}/generate`;
    await call('POST', generate);
    await call('POST', generate);
    const { saved } = await savedWhen(3);
    expect(saved).toEqual({
      ...{ requests: 3, amount: 0.256 },
      reasons: [
        { reason: 'replayed', requests: 2, amount: 0.006 },
        { reason: 'reused', requests: 1, amount: 0.25 },
      ],
    });
    expect((await usage('', (await keyed.makeKey(['read'])).key)).saved.requests).toBe(0);
  });
});
