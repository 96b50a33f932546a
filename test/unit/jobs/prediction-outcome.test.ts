import fc from 'fast-check';
import { isFinal, predecessors, type Job, type JobState } from '../../../src/jobs/job.js';
import { consequence, runningCheckSeconds } from '../../../src/jobs/prediction-outcome.js';
import type { Prediction, PredictionStatus } from '../../../src/models/prediction.js';
import { aJob, aPrediction } from './a-job.js';

const canceledAt = new Date('2026-01-02T03:05:00.000Z');

function moveOf(job: Job, prediction: Prediction) {
  const decided = consequence(job, prediction);
  if (decided.kind !== 'move') throw new Error(`no move but ${decided.kind}`);
  return decided.move;
}

describe('a running prediction', () => {
  it.each(['pending', 'submitting'] as const)('is adopted by a job that is %s', (state) => {
    const job = aJob({ state, estimatedTimeSeconds: 5 });
    expect(moveOf(job, aPrediction())).toEqual({
      to: 'processing',
      replicateId: 'p1',
      checkAfterSeconds: 7.5,
      messages: [],
    });
  });

  it('is canceled as soon as it is adopted when the client no longer wants it', () => {
    const job = aJob({ state: 'submitting', cancelRequestedAt: canceledAt });
    expect(moveOf(job, aPrediction()).messages).toEqual([
      { name: 'cancel-prediction', payload: { jobId: job.jobId, replicateId: 'p1' }, delayMs: 0 },
    ]);
  });

  it.each(['processing', 'storing', 'completed', 'failed', 'canceled'] as const)(
    'says nothing new to its job that is %s',
    (state) => {
      expect(consequence(aJob({ state, replicateId: 'p1' }), aPrediction({ status: 'processing' }))).toEqual({
        kind: 'none',
      });
    },
  );

  it.each(['processing', 'storing', 'completed', 'failed', 'canceled'] as const)(
    'is surplus to a job that is %s with another',
    (state) => {
      expect(consequence(aJob({ state, replicateId: 'p0' }), aPrediction())).toEqual({ kind: 'surplus' });
    },
  );

  it.each(['failed', 'canceled'] as const)('is surplus to a job that was %s without any', (state) => {
    expect(consequence(aJob({ state }), aPrediction())).toEqual({ kind: 'surplus' });
  });

  it('is looked at again within 30 s', () => {
    expect(runningCheckSeconds(aJob({ estimatedTimeSeconds: 5 }))).toBe(7.5);
    expect(runningCheckSeconds(aJob({ estimatedTimeSeconds: 60 }))).toBe(30);
  });
});

describe('a prediction that has ended', () => {
  const ended: PredictionStatus[] = ['succeeded', 'failed', 'canceled', 'aborted'];

  it.each(ended)('and is %s is surplus to a job that has another', (status) => {
    const job = aJob({ state: 'processing', replicateId: 'p0' });
    expect(consequence(job, aPrediction({ status }))).toEqual({ kind: 'surplus' });
  });

  it.each(ended)('and is %s changes no job that is over', (status) => {
    for (const state of ['completed', 'failed', 'canceled'] as const) {
      const decided = (replicateId: string | null) =>
        consequence(aJob({ state, replicateId }), aPrediction({ status }));
      expect(decided('p1')).toEqual({ kind: 'none' });
      expect(decided(null)).toEqual({ kind: 'surplus' });
    }
  });

  it('has its outputs stored', () => {
    const prediction = aPrediction({ status: 'succeeded', metrics: { predict_time: 2 } });
    expect(moveOf(aJob({ state: 'processing', replicateId: 'p1' }), prediction)).toEqual({
      to: 'storing',
      replicateId: 'p1',
      prediction: { outputs: ['https://replicate.delivery/a.webp'], metrics: { predict_time: 2 } },
      checkAfterSeconds: 60,
      messages: [
        { name: 'store-outputs', payload: { jobId: aJob().jobId }, delayMs: 0 },
        { name: 'sweep-outputs', payload: { jobId: aJob().jobId }, delayMs: 7_200_000 },
      ],
    });
  });

  it.each(['pending', 'submitting', 'processing'] as const)('ends a job that is %s', (state) => {
    expect(moveOf(aJob({ state }), aPrediction({ status: 'succeeded' })).to).toBe('storing');
    expect(moveOf(aJob({ state }), aPrediction({ status: 'failed' })).to).toBe('failed');
  });

  it.each(['canceled', 'aborted'] as const)('and is %s cancels the job if that was asked for', (status) => {
    const asked = aJob({ state: 'processing', replicateId: 'p1', cancelRequestedAt: canceledAt });
    const move = moveOf(asked, aPrediction({ status }));
    expect(move.to).toBe('canceled');
    expect(move.error).toBeUndefined();
  });

  it.each([
    ['canceled', 'The provider ended the prediction because it took too long'],
    ['aborted', 'The provider did not start the prediction in time; nothing was billed'],
  ] as const)('and is %s unasked fails the job at its deadline', (status, message) => {
    expect(moveOf(aJob({ state: 'processing', replicateId: 'p1' }), aPrediction({ status }))).toMatchObject({
      to: 'failed',
      error: { code: 'deadline_exceeded', message, retryable: true },
    });
  });

  it.each([
    [false, 'The provider finished without giving an output'],
    [true, 'The provider had already deleted the output when it was fetched'],
  ])('without output (deleted: %s) fails the job', (dataRemoved, message) => {
    const prediction = aPrediction({ status: 'succeeded', outputs: [], dataRemoved });
    expect(moveOf(aJob({ state: 'processing', replicateId: 'p1' }), prediction)).toMatchObject({
      to: 'failed',
      error: { code: 'output_missing', message, retryable: true },
    });
  });

  it.each([
    ['E1000: unknown', 'provider_failed', true],
    ['CUDA out of memory (E1001)', 'provider_failed', false],
    ['E4875 webhook empty', 'provider_failed', false],
    ['Error starting E6716', 'provider_failed', true],
    ['Prediction interrupted (code: E8765)', 'provider_failed', true],
    ['NSFW content detected. Try a different prompt.', 'content_refused', false],
    ['The input was flagged as sensitive. (E005)', 'content_refused', false],
    ['something odd', 'provider_failed', false],
    [null, 'provider_failed', false],
  ])('with the error %j is %s (retryable: %s)', (error, code, retryable) => {
    const move = moveOf(
      aJob({ state: 'processing', replicateId: 'p1' }),
      aPrediction({ status: 'failed', error }),
    );
    expect(move).toMatchObject({ to: 'failed', error: { code, retryable } });
    expect(move.error!.detail).toBe(error ?? undefined);
    if (error) expect(move.error!.message).not.toContain(error);
  });

  it('keeps a long error short', () => {
    const prediction = aPrediction({ status: 'failed', error: 'x'.repeat(100_000) });
    expect(moveOf(aJob({ state: 'processing' }), prediction).error!.detail).toHaveLength(1_000);
  });
});

/** Takes the step as the repository's SQL does: only from a state that may precede. */
function applied(job: Job, prediction: Prediction): Job {
  const decided = consequence(job, prediction);
  if (decided.kind !== 'move') return job;
  const { to, replicateId, error } = decided.move;
  if (!predecessors(to).includes(job.state)) throw new Error(`an illegal step from ${job.state} to ${to}`);
  return {
    ...job,
    state: to,
    version: job.version + 1,
    replicateId: replicateId ?? job.replicateId,
    error: error ?? job.error,
  };
}

const RANK: Record<JobState, number> = {
  pending: 0,
  submitting: 0,
  processing: 1,
  storing: 2,
  completed: 3,
  failed: 3,
  canceled: 3,
};

const looks = (end: PredictionStatus) =>
  fc
    .array(fc.constantFrom<PredictionStatus>('starting', 'processing', end), { maxLength: 12 })
    .chain((seen) => fc.shuffledSubarray([...seen, end], { minLength: seen.length + 1 }));

const starts = fc.constantFrom<JobState>('pending', 'submitting', 'processing');

describe('looks at one prediction, in any order and any number', () => {
  it('bring the job to the one end that the prediction has, and never back', () => {
    const ends: PredictionStatus[] = ['succeeded', 'failed', 'canceled', 'aborted'];
    const expected = { succeeded: 'storing', failed: 'failed', canceled: 'failed', aborted: 'failed' };
    const property = fc.property(
      fc.constantFrom(...ends).chain((end) => fc.tuple(fc.constant(end), looks(end))),
      starts,
      ([end, seen], state) => {
        let job = aJob({ state, replicateId: state === 'processing' ? 'p1' : null });
        for (const status of seen) {
          const next = applied(job, aPrediction({ status }));
          expect(RANK[next.state]).toBeGreaterThanOrEqual(RANK[job.state]);
          if (isFinal(job.state)) expect(next).toEqual(job);
          job = next;
        }
        expect(job.state).toBe(expected[end as keyof typeof expected]);
        expect(job.replicateId).toBe('p1');
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  it('change the job at most twice', () => {
    fc.assert(
      fc.property(looks('succeeded'), (seen) => {
        const last = seen.reduce((job, status) => applied(job, aPrediction({ status })), aJob());
        expect(last.version).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe('looks at several predictions of one job', () => {
  const look = fc.record({
    id: fc.constantFrom('p1', 'p2', 'p3'),
    status: fc.constantFrom<PredictionStatus>(
      'starting',
      'processing',
      'succeeded',
      'failed',
      'canceled',
      'aborted',
    ),
  });

  it('leave it with the first and find every other that runs surplus', () => {
    const property = fc.property(fc.array(look, { minLength: 1, maxLength: 20 }), starts, (seen, state) => {
      let job = aJob({ state: state === 'processing' ? 'submitting' : state });
      for (const { id, status } of seen) {
        const another = job.replicateId !== null && job.replicateId !== id;
        if (another) {
          expect(consequence(job, aPrediction({ id, status }))).toEqual({ kind: 'surplus' });
        }
        job = applied(job, aPrediction({ id, status }));
        expect(job.replicateId).toBe(seen[0]!.id);
      }
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
