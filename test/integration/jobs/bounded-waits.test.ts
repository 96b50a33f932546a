import { randomUUID } from 'node:crypto';
import type { Settings } from '../../../src/config/settings.js';
import type { Job } from '../../../src/jobs/job.js';
import { JobLifecycle } from '../../../src/jobs/job-lifecycle.js';
import { JobStepsRepository } from '../../../src/jobs/job-steps.repository.js';
import { Metrics } from '../../../src/metrics/metrics.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { PredictionPollService } from '../../../src/jobs/prediction-poll.service.js';
import { PredictionsService } from '../../../src/jobs/predictions.service.js';
import { SubmissionService } from '../../../src/jobs/submission.service.js';
import { SurplusPredictionsRepository } from '../../../src/jobs/surplus-predictions.repository.js';
import { UnclearSubmissionService } from '../../../src/jobs/unclear-submission.service.js';
import { AppError } from '../../../src/errors.js';
import { Logger } from '../../../src/logging/logger.js';
import type { Prediction } from '../../../src/models/prediction.js';
import type {
  CreateOutcome,
  Postponement,
  ReplicateProvider,
} from '../../../src/models/replicate.provider.js';
import type { MessageQueue } from '../../../src/queue/message-queue.js';
import { aPrediction } from '../../unit/jobs/a-job.js';
import { registry } from '../../unit/models/registry-file.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

const HOUR = 3_600;
const logger = new Logger('silent');
const away = () => Promise.reject(new AppError('provider_unavailable', 'away', { retryable: true }));

let db: TestDatabase;
let jobs: JobsRepository;
let lifecycle: JobLifecycle;
let steps: JobStepsRepository;
let surplus: SurplusPredictionsRepository;
let predictions: PredictionsService;
let paused: [string, number][];

beforeAll(async () => {
  db = await startTestDatabase();
  jobs = new JobsRepository(db.database);
  lifecycle = new JobLifecycle(jobs, logger, new Metrics());
  steps = new JobStepsRepository(db.database);
  surplus = new SurplusPredictionsRepository(db.database);
  predictions = new PredictionsService(jobs, lifecycle, surplus, registry, logger);
});

beforeEach(() => {
  paused = [];
});

afterAll(() => db.close());

/** A provider that gives these answers. */
const providing = (answers: Partial<ReplicateProvider>) => answers as ReplicateProvider;

const pausing = {
  pause: (name: string, seconds: number) => Promise.resolve(void paused.push([name, seconds])),
} as unknown as MessageQueue;

const settings = { replicate: { webhookBaseUrl: 'http://127.0.0.1:1' } } as Settings;

async function accepted(ageSeconds = 0): Promise<string> {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  await db.pool.query(
    `UPDATE replicate.jobs SET created_at = created_at - $2 * interval '1 second' WHERE job_id = $1`,
    [order.jobId, ageSeconds],
  );
  return order.jobId;
}

/** A job whose last attempt began so long ago. */
async function submitted(ageSeconds: number, createdSeconds = ageSeconds): Promise<Job> {
  const jobId = await accepted(createdSeconds);
  await jobs.move({ jobId, to: 'submitting', cause: 'worker', nonce: randomUUID() });
  await db.pool.query(
    `UPDATE replicate.jobs SET submitted_at = submitted_at - $2 * interval '1 second' WHERE job_id = $1`,
    [jobId, ageSeconds],
  );
  return (await jobs.find(jobId))!;
}

async function running(ageSeconds: number): Promise<Job> {
  const { jobId } = await submitted(ageSeconds);
  return (await jobs.move({ jobId, to: 'processing', cause: 'worker', replicateId: `p-${jobId}` }))!;
}

async function sent(jobId: string) {
  const { rows } = await db.pool.query<{ name: string; payload: object; delay: number }>(
    `SELECT name, payload, round(extract(epoch FROM due_at - clock_timestamp()))::int AS delay
     FROM replicate.outbox WHERE payload->>'jobId' = $1 ORDER BY due_at DESC`,
    [jobId],
  );
  return rows;
}

async function surplusOf(jobId: string) {
  const { rows } = await db.pool.query<{ replicate_id: string; status: string; cost: string | null }>(
    'SELECT replicate_id, status, cost FROM replicate.surplus_predictions WHERE job_id = $1',
    [jobId],
  );
  return rows;
}

describe('a submission that the provider puts off', () => {
  async function submit(jobId: string, because: Postponement): Promise<Job> {
    const outcome: CreateOutcome = { kind: 'postponed', because, afterSeconds: 7, detail: 'no' };
    const provider = providing({ create: () => Promise.resolve(outcome) });
    await new SubmissionService(lifecycle, predictions, provider, pausing, settings, logger).submit(jobId);
    return (await jobs.find(jobId))!;
  }

  it.each([
    ['throttled', [['submit-job', 7]]],
    ['refused_account', [['submit-job', 7]]],
    ['unreachable', []],
  ] as const)('because it is %s is sent again later, the others held back: %j', async (because, pauses) => {
    const jobId = await accepted();
    expect(await submit(jobId, because)).toMatchObject({ state: 'pending', attempt: 1 });
    const [again] = await sent(jobId);
    expect(again).toMatchObject({ name: 'submit-job', payload: { jobId, round: '1' } });
    expect(again!.delay).toBeGreaterThanOrEqual(6);
    expect(paused).toEqual(pauses);
  });

  it.each([
    ['throttled', 23, 'pending'],
    ['throttled', 25, 'failed'],
    ['unreachable', 23, 'pending'],
    ['unreachable', 25, 'failed'],
    ['refused_account', 71, 'pending'],
    ['refused_account', 73, 'failed'],
  ] as const)('because it is %s leaves a job %i hours old %s', async (because, hours, state) => {
    const job = await submit(await accepted(hours * HOUR), because);
    const code = state === 'failed' ? 'provider_unavailable' : undefined;
    expect([job.state, job.error?.code]).toEqual([state, code]);
  });
});

describe('a submission of unclear outcome', () => {
  const settle = (job: Job, listBetween: ReplicateProvider['listBetween']) =>
    new UnclearSubmissionService(jobs, steps, lifecycle, predictions, providing({ listBetween })).settle(job);
  const listing =
    (complete: boolean, found: Prediction[] = []) =>
    () =>
      Promise.resolve({ predictions: found, complete });
  const stateOf = async ({ jobId }: Job) => (await jobs.find(jobId))!;

  it('is looked for about the time of its attempt', async () => {
    const job = await submitted(20);
    const spans: number[][] = [];
    await settle(job, (from, to) => {
      spans.push([from, to].map((time) => (time.getTime() - job.submittedAt!.getTime()) / 1_000));
      return listing(true)();
    });
    expect(spans).toEqual([[-60, 150]]);
    expect(await stateOf(job)).toMatchObject({ state: 'submitting' });
  });

  it('is sent anew under another round when surely nothing was created', async () => {
    const job = await submitted(100);
    await settle(job, listing(true));
    expect(await stateOf(job)).toMatchObject({ state: 'pending', attempt: 1 });
    expect((await sent(job.jobId))[0]).toMatchObject({ payload: { round: '1' } });
  });

  it('is not sent anew by a worker whose clock is ahead', async () => {
    const job = await submitted(20);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setTimeout', 'setImmediate', 'setInterval'] });
    jest.setSystemTime(Date.now() + 600_000);
    await settle(job, listing(true)).finally(() => jest.useRealTimers());
    expect(await stateOf(job)).toMatchObject({ state: 'submitting' });
  });

  it('ends the job when it has been sent anew for a day', async () => {
    const job = await submitted(100, 25 * HOUR);
    await settle(job, listing(true));
    expect(await stateOf(job)).toMatchObject({ state: 'failed', error: { code: 'provider_unavailable' } });
  });

  it.each([
    ['cannot be asked', away],
    ['has more than can be read', listing(false)],
  ])('ends the job when the provider %s until the output is gone', async (_what, listBetween) => {
    const young = await submitted(HOUR);
    await settle(young, listBetween).catch(() => undefined);
    expect(await stateOf(young)).toMatchObject({ state: 'submitting' });
    const old = await submitted(2 * HOUR);
    await settle(old, listBetween);
    expect(await stateOf(old)).toMatchObject({ state: 'failed', error: { code: 'provider_unavailable' } });
  });

  it('whose prediction shows up after the job has ended is surplus, canceled and counted', async () => {
    const job = await submitted(2 * HOUR);
    await settle(job, away);
    await predictions.apply(job.jobId, aPrediction({ id: `late-${job.jobId}` }), 'webhook 1');
    expect(await surplusOf(job.jobId)).toMatchObject([{ status: 'starting', cost: null }]);
    expect((await sent(job.jobId)).map(({ name }) => name)).toContain('cancel-prediction');
    const canceled = { id: `late-${job.jobId}`, status: 'canceled', metrics: { predict_time: 2 } } as const;
    await predictions.apply(job.jobId, aPrediction(canceled), 'cancel');
    expect(await surplusOf(job.jobId)).toMatchObject([{ status: 'canceled', cost: '0.003000' }]);
  });
});

describe('a running prediction', () => {
  const poll = (job: Job, get: ReplicateProvider['get']) =>
    new PredictionPollService(steps, lifecycle, predictions, surplus, providing({ get }), db.database).poll(
      job,
    );
  const says = (status: Prediction['status']) => (id: string) => Promise.resolve(aPrediction({ id, status }));
  const nothing = () => Promise.resolve(undefined);

  it.each([
    ['says that it runs', says('processing'), 1_400, 1_600, 'deadline_exceeded'],
    ['cannot be asked', away, 4_400, 4_600, 'provider_unavailable'],
    ['knows nothing of it', nothing, 3_500, 3_700, 'output_missing'],
  ] as const)('of which the provider %s is waited for so long', async (_what, get, before, after, code) => {
    const young = await running(before);
    await poll(young, get).catch(() => undefined);
    expect(await jobs.find(young.jobId)).toMatchObject({ state: 'processing' });
    const old = await running(after);
    await poll(old, get);
    expect(await jobs.find(old.jobId)).toMatchObject({ state: 'failed', error: { code, retryable: true } });
    const replicateId = `p-${old.jobId}`;
    expect(await surplusOf(old.jobId)).toMatchObject([{ replicate_id: replicateId, status: 'processing' }]);
    expect(await sent(old.jobId)).toContainEqual(
      expect.objectContaining({ name: 'cancel-prediction', payload: { jobId: old.jobId, replicateId } }),
    );
  });

  it('that was waited for too long is counted when its end is heard of', async () => {
    const job = await running(4_600);
    await poll(job, away);
    const end = { id: `p-${job.jobId}`, status: 'succeeded', metrics: { predict_time: 9 } } as const;
    expect(await predictions.apply(job.jobId, aPrediction(end), 'webhook 1')).toBe('no effect');
    expect(await surplusOf(job.jobId)).toMatchObject([{ status: 'succeeded', cost: '0.003000' }]);
  });

  it('that is surplus is canceled again each minute until its end is known, three hours at most', async () => {
    await db.pool.query('DELETE FROM replicate.surplus_predictions');
    const jobId = await accepted();
    await surplus.note(jobId, aPrediction({ id: `s-${jobId}` }), '0');
    expect(await surplus.cancelDue(10)).toBe(0);
    const age = (column: string, hours: number) =>
      db.pool.query(
        `UPDATE replicate.surplus_predictions SET ${column} = ${column} - $1 * interval '1 hour'`,
        [hours],
      );
    await age('check_at', 1);
    expect([await surplus.cancelDue(10), await surplus.cancelDue(10)]).toEqual([1, 0]);
    await Promise.all([age('check_at', 1), age('noted_at', 4)]);
    expect(await surplus.cancelDue(10)).toBe(0);
    expect(await surplusOf(jobId)).toMatchObject([{ status: 'unknown', cost: null }]);
  });
});

describe('a prediction that ends without an output', () => {
  it.each([
    ['canceled', { predict_time: 3 }, '0.003000'],
    ['canceled', {}, '0.000000'],
    ['aborted', {}, '0.000000'],
    ['failed', { predict_time: 3 }, '0.000000'],
    ['succeeded', { predict_time: 3 }, '0.003000'],
  ] as const)('(%s, %j) costs its job %s', async (status, metrics, cost) => {
    const { jobId } = await running(10);
    await predictions.apply(jobId, aPrediction({ id: `p-${jobId}`, status, metrics, outputs: [] }), 'poll');
    expect(await jobs.find(jobId)).toMatchObject({ state: 'failed', actualCost: cost });
    const { rows } = await db.pool.query(
      'SELECT actual_cost FROM replicate.usage_tracking WHERE job_id = $1',
      [jobId],
    );
    expect(rows).toEqual([{ actual_cost: cost }]);
  });
});
