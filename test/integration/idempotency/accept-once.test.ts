import { randomUUID } from 'node:crypto';
import type { IdempotencyKey } from '../../../src/idempotency/idempotency-key.js';
import { IdempotencyRepository, type Claim } from '../../../src/idempotency/idempotency.repository.js';
import { AcceptedJobsRepository } from '../../../src/jobs/accepted-jobs.repository.js';
import { aNewJob } from '../jobs/new-job.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';

let db: TestDatabase;
let jobs: AcceptedJobsRepository;
let keys: IdempotencyRepository;

beforeAll(async () => {
  db = await startTestDatabase();
  jobs = new AcceptedJobsRepository(db.database);
  keys = new IdempotencyRepository(db.database);
});

afterAll(() => db.close());

const aKey = (facts: Partial<IdempotencyKey> = {}): IdempotencyKey => ({
  scope: 'anonymous POST /generate-media',
  key: randomUUID(),
  fingerprint: 'f1',
  ...facts,
});

const claim = (key: IdempotencyKey, body = '{"jobId":"ü"}', busySeconds = 0): Claim => ({
  key,
  answer: { status: 202, location: '/status/x', body },
  busySeconds,
});

async function jobsOf(userId: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM replicate.jobs WHERE user_id = $1',
    [userId],
  );
  return rows[0]!.n;
}

const grow = (key: IdempotencyKey, age: string) =>
  db.pool.query(
    'UPDATE replicate.idempotency_keys SET created_at = created_at - $1::interval WHERE key = $2',
    [age, key.key],
  );

describe('a key', () => {
  it('taken by twenty requests at once makes one job and gives all the same answer', async () => {
    const key = aKey();
    const userId = randomUUID();
    const accepted = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        jobs.acceptUnboundOnce(aNewJob({ userId }), claim(key, `"${index}"`)),
      ),
    );
    const winner = accepted.indexOf(true);
    expect(accepted.filter(Boolean)).toHaveLength(1);
    expect(await jobsOf(userId)).toBe(1);
    expect(await keys.find(key)).toMatchObject({ status: 202, location: '/status/x', body: `"${winner}"` });
  });

  it('stores no messages for the requests that came too late', async () => {
    const key = aKey();
    const [first, second] = [aNewJob(), aNewJob()];
    expect(await jobs.acceptUnboundOnce(first, claim(key))).toBe(true);
    expect(await jobs.acceptUnboundOnce(second, claim(key))).toBe(false);
    const { rows } = await db.pool.query(
      `SELECT DISTINCT payload->>'jobId' AS job FROM replicate.outbox WHERE payload->>'jobId' = ANY($1)`,
      [[first.jobId, second.jobId]],
    );
    expect(rows).toEqual([{ job: first.jobId }]);
  });

  it('is not spent on a request that could not be stored', async () => {
    const key = aKey();
    await expect(jobs.acceptUnboundOnce(aNewJob({ mediaType: 'text' }), claim(key))).rejects.toMatchObject({
      code: '23514',
    });
    expect(await keys.find(key)).toBeUndefined();
    expect(await jobs.acceptUnboundOnce(aNewJob(), claim(key))).toBe(true);
  });

  it('of another body is refused, of another route or owner is another key', async () => {
    const key = aKey();
    await jobs.acceptUnboundOnce(aNewJob(), claim(key));
    await expect(keys.find({ ...key, fingerprint: 'f2' })).rejects.toMatchObject({ code: 'unprocessable' });
    expect(await keys.find({ ...key, scope: 'other' })).toBeUndefined();
  });

  it('whose first request still waits is answered with a conflict, until it is finished', async () => {
    const key = aKey();
    await jobs.acceptUnboundOnce(aNewJob(), claim(key, '"first"', 60));
    await expect(keys.find(key)).rejects.toMatchObject({ code: 'conflict', retryAfterSeconds: 1 });
    await keys.finish(key, { status: 200, location: null, body: '"last"' });
    expect(await keys.find(key)).toMatchObject({ status: 200, location: null, body: '"last"' });
  });

  it('is kept for 24 hours and is free afterwards', async () => {
    const key = aKey();
    const userId = randomUUID();
    await jobs.acceptUnboundOnce(aNewJob({ userId }), claim(key));
    await grow(key, '23 hours 59 minutes');
    expect(await jobs.acceptUnboundOnce(aNewJob({ userId }), claim(key))).toBe(false);
    await grow(key, '2 minutes');
    expect(await keys.find(key)).toBeUndefined();
    expect(await jobs.acceptUnboundOnce(aNewJob({ userId }), claim(key, '"new"'))).toBe(true);
    expect(await keys.find(key)).toMatchObject({ body: '"new"' });
    expect(await jobsOf(userId)).toBe(2);
  });

  it('past its time is swept away, a batch at a time, and no other', async () => {
    await db.pool.query('DELETE FROM replicate.idempotency_keys');
    const old = [aKey(), aKey(), aKey()];
    const young = aKey();
    for (const key of [...old, young]) await jobs.acceptUnboundOnce(aNewJob(), claim(key));
    for (const key of old) await grow(key, '25 hours');
    expect([await keys.removeExpired(2), await keys.removeExpired(2), await keys.removeExpired(2)]).toEqual([
      2, 1, 0,
    ]);
    expect(await keys.find(young)).toBeDefined();
  });
});
