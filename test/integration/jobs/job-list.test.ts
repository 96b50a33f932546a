import { randomUUID } from 'node:crypto';
import { ADMIN } from '../../../src/access/caller.js';
import { AppError } from '../../../src/errors.js';
import { JobListRepository } from '../../../src/jobs/job-list.repository.js';
import { JobQueries } from '../../../src/jobs/job-queries.js';
import { JobStatusReader } from '../../../src/jobs/job-status-reader.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import type { ListJobsQuery } from '../../../src/jobs/list-jobs.dto.js';
import type { StatusPresenter } from '../../../src/jobs/status-presenter.js';
import type { JobMirror } from '../../../src/storage/job-mirror.store.js';
import type { MediaAddresses } from '../../../src/storage/media-addresses.js';
import type { StatusCache } from '../../../src/storage/status-cache.store.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

const COUNT = 20_000;
const script = randomUUID();

let db: TestDatabase;
let jobs: JobsRepository;
let lists: JobListRepository;
let queries: JobQueries;

beforeAll(async () => {
  db = await startTestDatabase();
  jobs = new JobsRepository(db.database);
  lists = new JobListRepository(db.database);
  const presenter = { present: async ({ body }: { body: Buffer }) => body } as unknown as StatusPresenter;
  const none = undefined as unknown;
  const reader = new JobStatusReader(jobs, none as StatusCache, none as JobMirror, none as MediaAddresses);
  queries = new JobQueries(jobs, lists, reader, presenter, none as MediaAddresses);
  await db.pool.query(
    `INSERT INTO replicate.jobs (job_id, user_id, media_type, model_id, state, parameters, provider_kind, provider_input,
       estimated_cost, estimated_time_seconds, script_id, created_at)
     SELECT gen_random_uuid(), 'user-' || n % 50, (ARRAY['image', 'video', 'audio'])[1 + n % 3], 'model-' || n % 4,
       (ARRAY['pending', 'submitting', 'processing', 'failed'])[1 + n % 4], '{}', 'official', '{}', 0.01, 5,
       CASE WHEN n % 100 = 0 THEN $1::uuid END,
       timestamptz '2026-01-01T00:00:00Z' + (n / 4) * interval '1 millisecond'
     FROM generate_series(0, ${COUNT - 1}) n`,
    [script],
  );
  await db.pool.query('ANALYZE replicate.jobs');
});

afterAll(() => db.close());

const page = (query: Partial<ListJobsQuery>) => queries.list(ADMIN, { limit: 20, ...query });

async function allPages(query: Partial<ListJobsQuery>) {
  const items = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const answer = await page({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...answer.items);
    cursor = answer.nextCursor;
  }
  return items;
}

async function idsInOrder(where: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ job_id: string }>(
    `SELECT job_id FROM replicate.jobs WHERE ${where} ORDER BY created_at DESC, job_id DESC`,
  );
  return rows.map((row) => row.job_id);
}

describe('a list of jobs', () => {
  it('read page by page holds each once, newest first, in spite of equal times', async () => {
    const items = await allPages({ userId: 'user-7', limit: 7 });
    expect(items.map((item) => item.jobId)).toEqual(await idsInOrder("user_id = 'user-7'"));
  });

  it.each([
    [
      { status: 'pending' as const, userId: 'user-0' },
      "state IN ('pending', 'submitting') AND user_id = 'user-0'",
    ],
    [
      { mediaType: 'video', modelId: 'model-3', userId: 'user-3' },
      "media_type = 'video' AND model_id = 'model-3' AND user_id = 'user-3'",
    ],
    [{ scriptId: script }, `script_id = '${script}'`],
    [
      { from: '2026-01-01T00:00:01.000Z', to: '2026-01-01T00:00:01.010Z' },
      "created_at >= '2026-01-01T00:00:01.000Z' AND created_at < '2026-01-01T00:00:01.010Z'",
    ],
    [{ userId: 'nobody' }, 'false'],
  ])('of %j holds those and no other', async (query, where) => {
    const items = await allPages({ ...query, limit: 100 });
    expect(items.map((item) => item.jobId)).toEqual(await idsInOrder(where));
  });

  it('has no next page when it ends with its last item', async () => {
    const all = await allPages({ scriptId: script, limit: 100 });
    expect((await page({ scriptId: script, limit: 100 })).items).toHaveLength(100);
    expect(all).toHaveLength(200);
    const { items, nextCursor } = await page({ userId: 'nobody' });
    expect({ items, nextCursor }).toEqual({ items: [], nextCursor: null });
  });

  it('does not shift when jobs are added between two pages', async () => {
    const userId = 'grows';
    const add = () => acceptJobs(db.database, aNewJob({ userId }));
    for (let count = 0; count < 4; count += 1) await add();
    const first = await page({ userId, limit: 2 });
    await add();
    const second = await page({ userId, limit: 2, cursor: first.nextCursor! });
    const seen = [...first.items, ...second.items].map((item) => item.jobId);
    expect(seen).toEqual((await idsInOrder(`user_id = '${userId}'`)).slice(1));
    expect(second.nextCursor).toBeNull();
  });

  it.each([
    'x',
    '',
    'bm90fGE',
    Buffer.from('2026-13-01T00:00:00.000Z|x').toString('base64url'),
    "'; DROP TABLE",
  ])('with the cursor %j is refused', async (cursor) => {
    const refused = await page({ cursor }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AppError);
    expect(refused).toMatchObject({ code: 'invalid_parameters', issues: [{ path: 'cursor' }] });
  });

  it('takes a hostile filter for a value', async () => {
    expect((await page({ userId: `' OR true --`, modelId: `"; $1` })).items).toEqual([]);
  });
});

describe('the plan of a page', () => {
  const position = { createdAt: '2026-01-01T00:00:02.500Z', jobId: randomUUID() };

  /** Plans the very statement that the repository sends. */
  async function planOf(filter: Parameters<JobListRepository['list']>[0]): Promise<string> {
    let plan = '';
    const explaining = {
      query: async ({ text }: { text: string }, values: unknown[]) => {
        const { rows } = await db.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, values);
        plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        return [];
      },
    };
    await new JobListRepository(explaining as never).list(filter, position, 21);
    return plan;
  }

  it.each([
    ['all jobs', {}, 'jobs_by_time'],
    ['a user’s jobs', { userId: 'user-7' }, 'jobs_by_user'],
    ['a script’s jobs', { scriptId: script }, 'jobs_by_script'],
  ])('in the middle of %s sorts nothing and scans no table', async (_what, filter, index) => {
    const plan = await planOf(filter);
    expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan|\bSort\b/);
  });
});

describe('deleting a job', () => {
  it('finds its retries by an index', async () => {
    const { rows } = await db.pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT FROM replicate.jobs WHERE retried_from = '${randomUUID()}' FOR KEY SHARE`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('retries_by_origin');
  });
});
