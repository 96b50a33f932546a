import { randomUUID } from 'node:crypto';
import { AcceptedJobsRepository } from '../../../src/jobs/accepted-jobs.repository.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import type { Answer } from '../../support/api-client.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from '../access/keyed-api.js';
import { IMAGE, SECTIONS } from '../access/owned-things.js';
import { startApi, type RunningApi } from '../http/api.js';
import { aNewJob } from '../jobs/new-job.js';

jest.setTimeout(120_000);

/** USD of one image. */
const PRICE = 0.003;

const ENV = { AUTH_REQUIRED: 'true', ADMIN_API_KEY: ADMIN_KEY, RATE_LIMIT_PER_HOUR: '100000' };

let keyed: KeyedApi;
let second: RunningApi;
let userId: string;

beforeAll(async () => {
  keyed = await startKeyedApi(ENV);
  second = await startApi({ ...ENV, DATABASE_URL: keyed.db.url });
});

beforeEach(() => {
  userId = `user-${randomUUID()}`;
});

afterAll(async () => {
  await second.close();
  await keyed.close();
});

const call = (method: string, path: string, body?: object, key = ADMIN_KEY) =>
  callWith(keyed.api.client, key, method, path, body);
const generate = (key?: string) => call('POST', '/generate-media', { ...IMAGE, userId }, key);
const setBudget = (monthlyLimit: unknown) => call('PUT', `/budgets/${userId}`, { monthlyLimit });
const standing = async () => (await call('GET', `/budgets/${userId}`)).body as Record<string, unknown>;
const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
const countOf = (answers: Answer[], wanted: number) =>
  answers.filter(({ status }) => status === wanted).length;
const jobIdOf = ({ body }: Answer) => (body as { jobId: string }).jobId;

async function jobsOf(user: string): Promise<number> {
  const { rows } = await keyed.db.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM replicate.jobs WHERE user_id = $1',
    [user],
  );
  return rows[0]!.count;
}

/** Ends a job at that cost. */
async function end(jobId: string, actualCost: string): Promise<void> {
  const jobs = new JobsRepository(keyed.db.database);
  for (const to of ['submitting', 'failed'] as const)
    await jobs.move({
      jobId,
      to,
      cause: 'worker',
      ...(to === 'failed' ? { actualCost } : { nonce: randomUUID() }),
    });
}

/** So many images at once, by two processes. */
const generateAtOnce = (count: number, key = ADMIN_KEY) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      callWith(index % 2 === 0 ? keyed.api.client : second.client, key, 'POST', '/generate-media', {
        ...IMAGE,
        userId,
      }),
    ),
  );

describe('a budget', () => {
  it('of a user for a hundred jobs lets a hundred of a thousand in that come at once to two processes', async () => {
    await setBudget(100 * PRICE);
    const answers = await generateAtOnce(1_000);
    expect([countOf(answers, 202), countOf(answers, 402)]).toEqual([100, 900]);
    expect(await jobsOf(userId)).toBe(100);
    expect(await standing()).toMatchObject({ monthlyLimit: 0.3, spent: 0, reserved: 0.3, remaining: 0 });
  });

  it('of a key does the same, whichever users it acts for', async () => {
    const { key } = await keyed.makeKey(['generate'], {
      monthlyBudget: 100 * PRICE,
      rateLimitPerHour: 100_000,
    });
    const answers = await generateAtOnce(200, key);
    expect([countOf(answers, 202), countOf(answers, 402)]).toEqual([100, 100]);
    const other = { ...IMAGE, userId: `other-${userId}` };
    expect((await call('POST', '/generate-media', other, key)).status).toBe(402);
    expect((await generate()).status).toBe(202);
  });

  it('that is reached refuses with what the job costs, the limit and what is left', async () => {
    await setBudget(0.004);
    expect(statuses([await generate()])).toEqual([202]);
    const { body, status } = await generate();
    expect([status, body]).toEqual([
      402,
      expect.objectContaining({ error: 'Budget exceeded', code: 'budget_exceeded' }),
    ]);
    const { details } = body as { details: string };
    expect(details).toContain(`costs 0.003 USD, and of the 0.004 USD that the user ${userId} may spend`);
    expect(details).toContain('0.001 USD are left');
  });

  it('gets back what a job was set aside for that is canceled before its start', async () => {
    await setBudget(PRICE);
    const first = await generate();
    expect((await generate()).status).toBe(402);
    await call('POST', `/jobs/${jobIdOf(first)}/cancel`);
    expect(statuses([await generate(), await generate()])).toEqual([202, 402]);
  });

  it('is charged what an ended job did cost, be it less or more', async () => {
    await setBudget(0.009);
    await end(jobIdOf(await generate()), '0.001');
    expect(await standing()).toMatchObject({ spent: 0.001, reserved: 0, remaining: 0.008 });
    await end(jobIdOf(await generate()), '0.05');
    expect(await standing()).toMatchObject({ spent: 0.051, remaining: 0 });
    expect((await generate()).status).toBe(402);
  });

  it('starts anew with the month, to which a job belongs by its creation', async () => {
    const job = aNewJob({ userId, estimatedCost: '5' });
    await new AcceptedJobsRepository(keyed.db.database).acceptUnbound([job]);
    await setBudget(PRICE);
    expect((await generate()).status).toBe(402);
    await keyed.db.pool.query(
      `UPDATE replicate.jobs SET created_at = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')
         AT TIME ZONE 'UTC' - interval '1 millisecond' WHERE job_id = $1`,
      [job.jobId],
    );
    expect((await generate()).status).toBe(202);
    await end(job.jobId, '5');
    expect(await standing()).toMatchObject({ spent: 0, reserved: PRICE });
  });

  it('that is raised or lifted lets jobs in again', async () => {
    await setBudget(0);
    expect((await generate()).status).toBe(402);
    await setBudget(PRICE);
    expect(statuses([await generate(), await generate()])).toEqual([202, 402]);
    await setBudget(null);
    expect((await generate()).status).toBe(202);
    expect(await standing()).toMatchObject({ monthlyLimit: null, remaining: null, reserved: 2 * PRICE });
  });
});

describe('held to its budget is', () => {
  it('a retry', async () => {
    const { body } = await generate();
    const { jobId } = body as { jobId: string };
    await call('POST', `/jobs/${jobId}/cancel`);
    await setBudget(PRICE / 2);
    expect((await call('POST', `/jobs/${jobId}/retry`)).status).toBe(402);
    await setBudget(PRICE);
    expect((await call('POST', `/jobs/${jobId}/retry`)).status).toBe(202);
  });

  it('a script as a whole: all its jobs are made or none', async () => {
    const sections = [...SECTIONS, ...SECTIONS];
    const made = await call('POST', '/api/scripts', { userId, title: 'Two scenes', sections });
    const { scriptId } = made.body as { scriptId: string };
    const { totalCost } = (await call('POST', `/api/scripts/${scriptId}/estimate`)).body as {
      totalCost: number;
    };
    await setBudget(totalCost - 0.000001);
    const refused = await call('POST', `/api/scripts/${scriptId}/generate`);
    expect([refused.status, await jobsOf(userId)]).toEqual([402, 0]);
    expect((refused.body as { details: string }).details).toContain(`costs ${totalCost} USD`);
    await setBudget(totalCost);
    expect((await call('POST', `/api/scripts/${scriptId}/generate`)).status).toBe(202);
    expect(await standing()).toMatchObject({ reserved: totalCost, remaining: 0 });
  });
});

describe('under an Idempotency-Key', () => {
  const generateOnce = (key: string) =>
    keyed.api.client.post(
      '/generate-media',
      { ...IMAGE, userId },
      { 'x-api-key': ADMIN_KEY, 'idempotency-key': key },
    );

  it('a refusal is not kept: the same request is accepted once the budget is raised', async () => {
    const key = randomUUID();
    await setBudget(0);
    expect((await generateOnce(key)).status).toBe(402);
    await setBudget(PRICE);
    const accepted = await generateOnce(key);
    const replayed = await generateOnce(key);
    expect([accepted.status, accepted.headers.get('idempotent-replayed')]).toEqual([202, null]);
    expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(replayed.text).toBe(accepted.text);
  });

  it('many at once spend a budget for one once, and all get its answer', async () => {
    const key = randomUUID();
    await setBudget(PRICE);
    const answers = await Promise.all(Array.from({ length: 20 }, () => generateOnce(key)));
    expect(new Set(statuses(answers))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await jobsOf(userId)).toBe(1);
  });
});

describe('PUT /budgets/{userId}', () => {
  it('answers how the month stands', async () => {
    await generate();
    const { status, body } = await setBudget(1.5);
    const month = new Date().toISOString().slice(0, 7);
    expect([status, body]).toEqual([
      200,
      { userId, month, monthlyLimit: 1.5, spent: 0, reserved: PRICE, remaining: 1.497 },
    ]);
  });

  it.each([[-1], [1_000_001], [0.0000001], ['5'], [undefined], [{}]])(
    'refuses a limit of %p',
    async (limit) => {
      const { status, body } = await setBudget(limit);
      expect([status, (body as { details: string }).details]).toEqual([
        400,
        'monthlyLimit must be USD from 0 to 1000000 with at most 6 decimals',
      ]);
    },
  );

  it('refuses what is no userId', async () => {
    expect((await call('PUT', '/budgets/a%20b', { monthlyLimit: 1 })).status).toBe(400);
  });
});

describe('GET /budgets/{userId}', () => {
  it('is for admins and for whoever is bound to the user', async () => {
    const [bound, elsewhere, unbound] = await Promise.all([
      keyed.makeKey(['read'], { userId }),
      keyed.makeKey(['read'], { userId: `other-${userId}` }),
      keyed.makeKey(['read']),
    ]);
    const asked = await Promise.all(
      [bound, elsewhere, unbound].map(({ key }) => call('GET', `/budgets/${userId}`, undefined, key)),
    );
    expect(statuses(asked)).toEqual([200, 403, 403]);
  });
});
