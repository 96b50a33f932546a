import { randomUUID } from 'node:crypto';
import { AcceptedJobsRepository, type NewJob } from '../../../src/jobs/accepted-jobs.repository.js';
import { BudgetedJobs } from '../../../src/jobs/budgeted-jobs.js';
import { JobIntake } from '../../../src/jobs/job-intake.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { BudgetsRepository } from '../../../src/money/budgets.repository.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import type { Database } from '../../../src/storage/database.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { aNewJob } from './new-job.js';

jest.setTimeout(30_000);

let db: TestDatabase;
let proxy: TcpProxy;
let intake: JobIntake;

beforeAll(async () => {
  db = await startTestDatabase();
  const { hostname, port } = new URL(db.url);
  proxy = await startTcpProxy(hostname, Number(port));
  intake = jobIntake(await db.another(throughPort(db.url, proxy.port)));
});

beforeEach(() => proxy.heal());

afterAll(async () => {
  await db.close();
  await proxy.close();
});

function jobIntake(database: Database): JobIntake {
  const jobs = new AcceptedJobsRepository(database);
  return new JobIntake(jobs, new BudgetedJobs(database, jobs, new BudgetsRepository(database)));
}

async function storeOne(): Promise<NewJob> {
  const job = aNewJob();
  await intake.accept(job);
  return job;
}

const manyJobs = (count: number) => Array.from({ length: count }, () => aNewJob());

/** Which of the jobs are stored, and in how many transactions. */
async function storedOf(jobs: NewJob[]) {
  const { rows } = await db.pool.query<{ jobId: string; transaction: string }>(
    'SELECT job_id AS "jobId", xmin::text AS transaction FROM replicate.jobs WHERE job_id = ANY($1)',
    [jobs.map(({ jobId }) => jobId)],
  );
  return {
    jobIds: new Set(rows.map(({ jobId }) => jobId)),
    transactions: new Set(rows.map(({ transaction }) => transaction)).size,
  };
}

async function startedBy(jobs: NewJob[]): Promise<string[]> {
  const { rows } = await db.pool.query<{ jobId: string }>(
    `SELECT payload->>'jobId' AS "jobId" FROM replicate.outbox
     WHERE name = 'submit-job' AND payload->>'jobId' = ANY($1)`,
    [jobs.map(({ jobId }) => jobId)],
  );
  return rows.map(({ jobId }) => jobId).sort();
}

describe('jobs that arrive together', () => {
  it('are stored in few statements, each job with its own message', async () => {
    const jobs = manyJobs(100);
    await Promise.all(jobs.map((job) => intake.accept(job)));
    const { jobIds, transactions } = await storedOf(jobs);
    expect(jobIds.size).toBe(100);
    expect(transactions).toBeLessThanOrEqual(4);
    expect(await startedBy(jobs)).toEqual(jobs.map(({ jobId }) => jobId).sort());
  });

  it('keep every value as it was', async () => {
    const jobs = [
      aNewJob({ parameters: { prompt: 'quotes " and \\ and é 🎬', seed: 2147483647, nested: [1.5, null] } }),
      aNewJob({ estimatedCost: '0.123456', warnings: ['one', 'two'] }),
    ];
    await Promise.all(jobs.map((job) => intake.accept(job)));
    const repository = new JobsRepository(db.database);
    expect(await repository.find(jobs[0]!.jobId)).toMatchObject({ parameters: jobs[0]!.parameters });
    expect(await repository.find(jobs[1]!.jobId)).toMatchObject({
      estimatedCost: '0.123456',
      warnings: ['one', 'two'],
      retriedFrom: null,
    });
  });

  it('are stored although one of them cannot be, which alone is refused', async () => {
    const broken = aNewJob({ mediaType: 'text' });
    const jobs = [...manyJobs(10), broken, ...manyJobs(10)];
    const results = await Promise.allSettled(jobs.map((job) => intake.accept(job)));
    const refused = results.flatMap((result, index) => (result.status === 'rejected' ? [jobs[index]] : []));
    expect(refused).toEqual([broken]);
    expect((await storedOf(jobs)).jobIds.size).toBe(20);
  });
});

describe('jobs that a budget limits', () => {
  it('are stored as far as it goes, beside others that it does not concern', async () => {
    const userId = randomUUID();
    await new BudgetsRepository(db.database).limit({ kind: 'user', id: userId }, '0.009');
    const limited = Array.from({ length: 5 }, () => aNewJob({ userId }));
    const broken = aNewJob({ userId, mediaType: 'text' });
    const free = manyJobs(5);
    const jobs = [...limited.slice(0, 2), broken, ...free, ...limited.slice(2)];
    const results = await Promise.allSettled(jobs.map((job) => intake.accept(job)));
    const outcomes = new Map(
      results.map((result, index) => [
        jobs[index],
        result.status === 'rejected' ? (result.reason as { code: string }).code : 'stored',
      ]),
    );
    const outcomesOf = (some: NewJob[]) => some.map((job) => outcomes.get(job)).sort();
    expect(outcomesOf(limited)).toEqual([
      ...['budget_exceeded', 'budget_exceeded'],
      ...['stored', 'stored', 'stored'],
    ]);
    expect(outcomesOf([broken])).toEqual(['23514']);
    expect(new Set(outcomesOf(free))).toEqual(new Set(['stored']));
    expect((await storedOf(jobs)).jobIds.size).toBe(8);
    expect(await startedBy(jobs)).toHaveLength(8);
  });
});

describe('while PostgreSQL is away', () => {
  it('every job is refused, those that waited too, and later ones are stored once it is back', async () => {
    proxy.down();
    const jobs = manyJobs(200);
    const results = await Promise.allSettled(jobs.map((job) => intake.accept(job)));
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'service_unavailable' } });
    expect((await storedOf(jobs)).jobIds.size).toBe(0);
    proxy.heal();
    // The first may meet a connection that is lost but not missed yet.
    const later = await eventually(storeOne, () => true);
    expect((await storedOf([later])).jobIds.size).toBe(1);
  });
});
