import { randomUUID } from 'node:crypto';
import type { NewJob } from '../../../src/jobs/accepted-jobs.repository.js';
import type { Job, JobState } from '../../../src/jobs/job.js';
import { JobsRepository, type Move } from '../../../src/jobs/jobs.repository.js';
import { message } from '../../../src/queue/messages.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(30_000);

let db: TestDatabase;
let jobs: JobsRepository;

beforeAll(async () => {
  db = await startTestDatabase();
  jobs = new JobsRepository(db.database);
});

afterAll(() => db.close());

const result = {
  metadataKey: 'm.json',
  outputs: [1.5, 2.25].map((durationSeconds, index) => ({
    objectKey: `o-${index}`,
    fileSize: 9,
    contentType: 'video/mp4',
    sha256: 'ab',
    durationSeconds,
  })),
};

async function accepted(facts: Partial<NewJob> = {}): Promise<string> {
  const job = aNewJob(facts);
  await acceptJobs(db.database, job);
  return job.jobId;
}

/** A job that took the path. */
async function jobThat(...path: JobState[]): Promise<Job> {
  const jobId = await accepted();
  for (const to of path) {
    const move: Move = { jobId, to, cause: 'worker' };
    if (to === 'submitting') move.nonce = randomUUID();
    if (to === 'completed') Object.assign(move, { result, actualCost: '0.0025' });
    if (!(await jobs.move(move))) throw new Error(`the job did not become ${to}`);
  }
  return (await jobs.find(jobId))!;
}

async function outboxOf(jobId: string) {
  const { rows } = await db.pool.query<{ name: string; payload: object; delay: number }>(
    `SELECT name, payload, round(extract(epoch FROM due_at - clock_timestamp()))::int AS delay
     FROM replicate.outbox WHERE payload->>'jobId' = $1 ORDER BY name`,
    [jobId],
  );
  return rows;
}

const rows = async (table: string, jobId: string) =>
  (
    await db.pool.query<Record<string, unknown>>(`SELECT * FROM replicate.${table} WHERE job_id = $1`, [
      jobId,
    ])
  ).rows;

describe('accepting', () => {
  it('stores the job as it was ordered', async () => {
    const first = await accepted();
    const order = aNewJob({
      userId: 'a@b.c',
      parameters: { prompt: `"quoted" 'text' \\ ünïcode 🎬`, seed: 0, list: [1, [2]], flag: false },
      providerInput: {},
      providerModel: null,
      providerVersion: 'f'.repeat(64),
      providerKind: 'community',
      warnings: ['first', `second, with "quotes"`],
      estimatedCost: '0.000001',
      retriedFrom: first,
      scriptId: randomUUID(),
    });
    await acceptJobs(db.database, order);
    const job = (await jobs.find(order.jobId))!;
    expect(job).toMatchObject({
      ...order,
      state: 'pending',
      version: 1,
      attempt: 0,
      nonce: null,
      replicateId: null,
      result: null,
      error: null,
      actualCost: null,
      completedAt: null,
    });
    expect(Math.abs(job.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('stores the message that starts it in the same statement', async () => {
    const jobId = await accepted();
    expect(await outboxOf(jobId)).toEqual([
      { name: 'submit-job', payload: { jobId }, delay: expect.any(Number) as number },
    ]);
    const { rows: same } = await db.pool.query(
      `SELECT 1 FROM replicate.outbox o JOIN replicate.jobs j ON o.payload->>'jobId' = j.job_id::text
       WHERE j.job_id = $1 AND o.xmin = j.xmin`,
      [jobId],
    );
    expect(same).toHaveLength(1);
  });

  it('of the same id twice fails and sends nothing more', async () => {
    const order = aNewJob();
    await acceptJobs(db.database, order);
    await expect(acceptJobs(db.database, order)).rejects.toMatchObject({ code: '23505' });
    expect(await outboxOf(order.jobId)).toHaveLength(1);
  });

  it('of what breaks a rule of the schema stores nothing at all', async () => {
    const order = aNewJob({ mediaType: 'text' });
    await expect(acceptJobs(db.database, order)).rejects.toMatchObject({ code: '23514' });
    expect(await outboxOf(order.jobId)).toEqual([]);
  });

  it('of many at once gives each its own message', async () => {
    const orders = Array.from({ length: 50 }, () => aNewJob());
    await Promise.all(orders.map((order) => acceptJobs(db.database, order)));
    const sent = await Promise.all(orders.map((order) => outboxOf(order.jobId)));
    expect(sent.map((messages) => messages.length)).toEqual(orders.map(() => 1));
  });
});

describe('a step', () => {
  it('raises the version, notes itself and puts the mirrors in arrears', async () => {
    const jobId = await accepted();
    const moved = await jobs.move({
      jobId,
      to: 'processing',
      cause: 'webhook msg_1',
      replicateId: `p-${jobId}`,
      checkAfterSeconds: 7.5,
      messages: [message('cancel-prediction', { jobId, replicateId: 'p' }, 30_000)],
    });
    expect(moved).toMatchObject({
      state: 'processing',
      version: 2,
      replicateId: `p-${jobId}`,
      completedAt: null,
    });
    expect(await jobs.find(jobId)).toEqual(moved);
    expect(await jobs.transitions(jobId)).toEqual([
      {
        version: 2,
        at: expect.any(Date) as Date,
        fromState: 'pending',
        toState: 'processing',
        cause: 'webhook msg_1',
      },
    ]);
    const sent = await outboxOf(jobId);
    expect(sent.map(({ name }) => name)).toEqual(['cancel-prediction', 'submit-job']);
    expect(await rows('mirror_backlog', jobId)).toMatchObject([{ version: 2 }]);
    expect(sent[0]!.delay).toBeGreaterThan(20);
    expect(await rows('usage_tracking', jobId)).toEqual([]);
  });

  it('keeps what it does not tell', async () => {
    const jobId = await accepted();
    const nonce = randomUUID();
    await jobs.move({ jobId, to: 'submitting', cause: 'worker', nonce });
    await jobs.move({ jobId, to: 'processing', cause: 'worker', replicateId: `p-${jobId}` });
    const prediction = { outputs: ['https://a/1'], metrics: { predict_time: 1.5 } };
    const storing = await jobs.move({ jobId, to: 'storing', cause: 'poll', prediction });
    expect(storing).toMatchObject({ nonce, attempt: 1, replicateId: `p-${jobId}`, prediction, version: 4 });
    expect(storing!.submittedAt).toBeInstanceOf(Date);
  });

  it('to submitting counts the attempt; one back to pending does not', async () => {
    const job = await jobThat('submitting', 'pending', 'submitting');
    expect(job).toMatchObject({ attempt: 2, version: 4 });
  });

  it.each([
    ['pending', 'completed'],
    ['processing', 'submitting'],
    ['processing', 'pending'],
    ['storing', 'processing'],
    ['storing', 'canceled'],
  ] as [JobState, JobState][])('from %s to %s does not happen', async (from, to) => {
    const job = await jobThat(...(from === 'pending' ? [] : [from]));
    expect(await jobs.move({ jobId: job.jobId, to, cause: 'worker' })).toBeUndefined();
    expect(await jobs.find(job.jobId)).toEqual(job);
    expect(await outboxOf(job.jobId)).toHaveLength(1);
  });

  it('of an old attempt does not happen to the present one', async () => {
    const [old, present] = [randomUUID(), randomUUID()];
    const jobId = await accepted();
    await jobs.move({ jobId, to: 'submitting', cause: 'worker', nonce: old });
    await jobs.move({ jobId, to: 'pending', cause: 'poll', ofNonce: old });
    await jobs.move({ jobId, to: 'submitting', cause: 'worker', nonce: present });
    expect(await jobs.move({ jobId, to: 'pending', cause: 'worker', ofNonce: old })).toBeUndefined();
    expect(await jobs.move({ jobId, to: 'pending', cause: 'worker', ofNonce: present })).toBeDefined();
  });

  it('happens only from where the caller saw the job', async () => {
    const { jobId } = await jobThat('submitting');
    expect(await jobs.move({ jobId, from: ['pending'], to: 'processing', cause: 'poll' })).toBeUndefined();
    expect(await jobs.move({ jobId, from: ['submitting'], to: 'processing', cause: 'poll' })).toBeDefined();
  });

  it('of an unknown job does not happen', async () => {
    expect(await jobs.move({ jobId: randomUUID(), to: 'failed', cause: 'worker' })).toBeUndefined();
  });

  it('within a transaction that fails has not happened', async () => {
    const job = await jobThat('processing', 'storing');
    const failing = db.database.transaction(async (manager) => {
      await jobs.moveWithin(manager, { jobId: job.jobId, to: 'completed', cause: 'worker', result });
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await jobs.find(job.jobId)).toEqual(job);
    expect(await rows('usage_tracking', job.jobId)).toEqual([]);
  });
});

describe('the end of an attempt', () => {
  it('that was put off is noted at no cost, and the next has a row of its own', async () => {
    const path: JobState[] = [
      'submitting',
      'pending',
      'submitting',
      'pending',
      'submitting',
      'processing',
      'failed',
    ];
    const job = await jobThat(...path);
    const attempts = await rows('usage_tracking', job.jobId);
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'postponed', estimated_cost: '0.003000', actual_cost: '0.000000' },
      { attempt: 2, outcome: 'postponed', actual_cost: '0.000000' },
      { attempt: 3, outcome: 'failed' },
    ]);
  });

  it('that was put off becomes that of the job when none follows', async () => {
    const { jobId } = await jobThat('submitting', 'pending', 'canceled');
    expect(await rows('usage_tracking', jobId)).toMatchObject([{ attempt: 1, outcome: 'canceled' }]);
  });
});

describe('the end of a job', () => {
  it('is added to the sums of the day of its creation, by user, model, owner and script', async () => {
    const facts = { userId: randomUUID(), owner: `key:${randomUUID()}`, scriptId: randomUUID() };
    const end = async (to: JobState, scriptId?: string, more: Partial<Move> = {}) => {
      const jobId = await accepted({ ...facts, ...(scriptId && { scriptId }) });
      await db.pool.query(
        `UPDATE replicate.jobs SET created_at = '2026-03-01T01:30+02:00', state = $2 WHERE job_id = $1`,
        [jobId, to === 'completed' ? 'storing' : 'processing'],
      );
      await jobs.move({ jobId, to, cause: 'worker', ...more });
    };
    for (let count = 0; count < 12; count += 1)
      await end('completed', undefined, { result, actualCost: '0.0025' });
    await end('failed', undefined, { actualCost: '0.001' });
    await end('canceled');
    await end('completed', randomUUID(), { result });
    await accepted(facts);
    const { rows: sums } = await db.pool.query(
      `SELECT day::text, model_id AS model, owner, script_id = $2 AS same, sum(jobs)::int AS jobs,
         sum(completed)::int AS completed, sum(failed)::int AS failed, sum(canceled)::int AS canceled,
         sum(estimated_cost) AS estimated, sum(actual_cost) AS actual, sum(seconds) AS seconds
       FROM replicate.usage_daily WHERE user_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY jobs DESC`,
      [facts.userId, facts.scriptId],
    );
    const group = { day: '2026-02-28', model: 'flux-schnell', owner: facts.owner };
    expect(sums).toEqual([
      {
        ...{ ...group, same: true, jobs: 14, completed: 12, failed: 1, canceled: 1 },
        ...{ estimated: '0.042000', actual: '0.031000', seconds: '45.000' },
      },
      {
        ...{ ...group, same: false, jobs: 1, completed: 1, failed: 0, canceled: 0 },
        ...{ estimated: '0.003000', actual: '0.000000', seconds: '3.750' },
      },
    ]);
  });

  it('of many at once is added up without losing one', async () => {
    const userId = randomUUID();
    const ids = await Promise.all(Array.from({ length: 100 }, () => accepted({ userId })));
    await Promise.all(
      ids.map((jobId) => jobs.move({ jobId, to: 'failed', cause: 'worker', actualCost: '0.1' })),
    );
    const { rows: sums } = await db.pool.query(
      `SELECT sum(jobs)::int AS jobs, sum(actual_cost) AS actual, count(*)::int <= 8 AS few
       FROM replicate.usage_daily WHERE user_id = $1`,
      [userId],
    );
    expect(sums).toEqual([{ jobs: 100, actual: '10.000000', few: true }]);
  });

  it('notes what it used, with its messages, in the same statement', async () => {
    const { jobId } = await jobThat('submitting', 'processing', 'storing', 'completed');
    const [used] = await rows('usage_tracking', jobId);
    expect(used).toMatchObject({
      attempt: 1,
      user_id: 'producer-1',
      model_id: 'flux-schnell',
      media_type: 'image',
      outcome: 'completed',
      estimated_cost: '0.003000',
      actual_cost: '0.002500',
      outputs: 2,
      output_seconds: 3.75,
    });
    const { rows: apart } = await db.pool.query(
      `SELECT 1 FROM replicate.usage_tracking u JOIN replicate.jobs j USING (job_id)
       WHERE job_id = $1 AND u.xmin <> j.xmin`,
      [jobId],
    );
    expect(apart).toEqual([]);
  });

  it.each([
    ['failed', ['submitting', 'failed']],
    ['failed', ['failed']],
    ['canceled', ['canceled']],
    ['canceled', ['processing', 'canceled']],
  ] as [string, JobState[]][])('as %s by %j costs nothing', async (outcome, path) => {
    const job = await jobThat(...path);
    expect(await rows('usage_tracking', job.jobId)).toMatchObject([
      { outcome, actual_cost: '0.000000', outputs: 0, output_seconds: 0 },
    ]);
    expect(job.completedAt).toEqual(job.updatedAt);
  });

  it.each(['completed', 'failed', 'canceled'] as JobState[])(
    'as %s is final, whoever writes',
    async (state) => {
      const path: JobState[] = state === 'completed' ? ['storing', 'completed'] : [state];
      const job = await jobThat(...path);
      for (const to of ['pending', 'submitting', 'processing', 'storing', 'completed', 'failed', 'canceled'])
        expect(await jobs.move({ jobId: job.jobId, to: to as JobState, cause: 'worker' })).toBeUndefined();
      expect(await jobs.requestCancel(job.jobId)).toBeUndefined();
      for (const change of [
        "state = 'processing'",
        'version = version + 1',
        'result = NULL',
        'check_at = NULL',
      ]) {
        const update = db.pool.query(`UPDATE replicate.jobs SET ${change} WHERE job_id = $1`, [job.jobId]);
        await expect(update).rejects.toMatchObject({ code: '23514' });
      }
      expect(await jobs.find(job.jobId)).toEqual(job);
      expect(await rows('usage_tracking', job.jobId)).toHaveLength(1);
    },
  );
});

describe('twenty steps at once', () => {
  it('to the same state have one winner', async () => {
    const { jobId } = await jobThat('processing');
    const moves = Array.from({ length: 20 }, (_, index) =>
      jobs.move({ jobId, to: 'storing', cause: `webhook ${index}` }),
    );
    const won = (await Promise.all(moves)).filter((job) => job !== undefined);
    expect(won).toHaveLength(1);
    expect(await jobs.transitions(jobId)).toHaveLength(2);
    expect((await jobs.find(jobId))!.version).toBe(3);
  });

  it('to different ends have one winner', async () => {
    const { jobId } = await jobThat('processing');
    const ends: JobState[] = ['failed', 'canceled'];
    const moves = Array.from({ length: 20 }, (_, index) =>
      jobs.move({ jobId, to: ends[index % 2]!, cause: `cause ${index}` }),
    );
    expect((await Promise.all(moves)).filter((job) => job !== undefined)).toHaveLength(1);
    expect(await rows('usage_tracking', jobId)).toHaveLength(1);
  });

  it('of all kinds leave a history without a gap', async () => {
    const kinds: JobState[] = [
      'submitting',
      'pending',
      'processing',
      'storing',
      'failed',
      'submitting',
      'completed',
    ];
    const jobIds = await Promise.all(Array.from({ length: 10 }, () => accepted()));
    const moves = jobIds.flatMap((jobId, offset) =>
      Array.from({ length: 20 }, (_, index) =>
        jobs.move({
          jobId,
          to: kinds[(index + offset) % kinds.length]!,
          cause: 'worker',
          nonce: randomUUID(),
        }),
      ),
    );
    await Promise.all(moves);
    for (const jobId of jobIds) {
      const history = await jobs.transitions(jobId);
      const job = (await jobs.find(jobId))!;
      expect(history.map((step) => step.version)).toEqual(history.map((_, index) => index + 2));
      const from = ['pending', ...history.map((step) => step.toState)].slice(0, -1);
      expect(history.map((step) => step.fromState)).toEqual(from);
      expect(job).toMatchObject({ state: history.at(-1)!.toState, version: history.length + 1 });
    }
  });
});

describe('a wish to cancel', () => {
  it('is noted once, without a new version', async () => {
    const job = await jobThat('processing');
    const first = await jobs.requestCancel(job.jobId);
    expect(first).toMatchObject({ version: job.version, state: 'processing' });
    expect(first!.cancelRequestedAt).toBeInstanceOf(Date);
    expect(await jobs.requestCancel(job.jobId)).toEqual(first);
  });

  it('of an unknown job is not', async () => {
    expect(await jobs.requestCancel(randomUUID())).toBeUndefined();
  });
});

describe('a prediction', () => {
  it('is news of the job that has it, whichever job it was made for', async () => {
    const [owner, other] = await Promise.all([accepted(), accepted()]);
    const replicateId = `p-${owner}`;
    expect((await jobs.ownerOf(replicateId, other))?.jobId).toBe(other);
    await jobs.move({ jobId: owner, to: 'processing', cause: 'worker', replicateId });
    expect((await jobs.ownerOf(replicateId, other))?.jobId).toBe(owner);
  });

  it('belongs to one job only', async () => {
    const [first, second] = await Promise.all([accepted(), accepted()]);
    const replicateId = `p-${first}`;
    await jobs.move({ jobId: first, to: 'processing', cause: 'worker', replicateId });
    const stolen = jobs.move({ jobId: second, to: 'processing', cause: 'worker', replicateId });
    expect(await stolen).toBeUndefined();
    expect((await jobs.find(second))?.state).toBe('pending');
    expect((await jobs.findByReplicateId(replicateId))?.jobId).toBe(first);
    expect(await jobs.knownReplicateIds([replicateId, 'unknown'])).toEqual(new Set([replicateId]));
  });
});

describe('checks', () => {
  const dueIn = (seconds: number, jobIds: string[]) =>
    db.pool.query(
      `UPDATE replicate.jobs SET check_at = clock_timestamp() + $1 * interval '1 second' WHERE job_id = ANY($2)`,
      [seconds, jobIds],
    );
  const checksOf = async (jobIds: string[]) =>
    (await Promise.all(jobIds.map(outboxOf))).map(
      (messages) => messages.filter(({ name }) => name === 'check-job').length,
    );

  beforeEach(() => db.pool.query('UPDATE replicate.jobs SET check_at = NULL WHERE completed_at IS NULL'));

  it('go to the open jobs whose time has come, then not before the interval is over', async () => {
    const [due, later, over] = await Promise.all([accepted(), accepted(), accepted()]);
    await dueIn(-1, [due, over]);
    await dueIn(60, [later]);
    await jobs.move({ jobId: over, to: 'failed', cause: 'worker' });
    expect(await jobs.sendDueChecks(100, 15)).toBe(1);
    expect(await jobs.sendDueChecks(100, 15)).toBe(0);
    expect(await checksOf([due, later, over])).toEqual([1, 0, 0]);
  });

  it('sent by several processes at once go to each job once', async () => {
    const jobIds = await Promise.all(Array.from({ length: 60 }, () => accepted()));
    await dueIn(-1, jobIds);
    const other = new JobsRepository(await db.another());
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? jobs : other).sendDueChecks(10, 15)),
    );
    const rest = await jobs.sendDueChecks(100, 15);
    expect(sent.reduce((sum, count) => sum + count, rest)).toBe(60);
    expect(await checksOf(jobIds)).toEqual(jobIds.map(() => 1));
  });

  it('pass over jobs that somebody is changing, without waiting', async () => {
    const [held, free] = await Promise.all([accepted(), accepted()]);
    await dueIn(-1, [held, free]);
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM replicate.jobs WHERE job_id = $1 FOR UPDATE', [held]);
      expect(await jobs.sendDueChecks(100, 15)).toBe(1);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    expect(await checksOf([held, free])).toEqual([0, 1]);
  });

  it('are sent at most as many as asked for, the most overdue first', async () => {
    const [early, late] = await Promise.all([accepted(), accepted()]);
    await dueIn(-1, [late]);
    await dueIn(-50, [early]);
    expect(await jobs.sendDueChecks(1, 15)).toBe(1);
    expect(await checksOf([early, late])).toEqual([1, 0]);
  });
});
