import { statesSince, timeline } from '../../../src/jobs/job-history.js';
import type { JobState } from '../../../src/jobs/job.js';
import type { JobTransition } from '../../../src/jobs/jobs.repository.js';
import { aJob } from './a-job.js';

/** The steps of a path, one second apart. */
function steps(...path: JobState[]): JobTransition[] {
  return path.slice(1).map((toState, index) => ({
    version: index + 2,
    at: new Date(Date.UTC(2026, 0, 2, 3, 5, index)),
    fromState: path[index]!,
    toState,
    cause: `cause ${index + 2}`,
  }));
}

const whole = steps('pending', 'submitting', 'pending', 'submitting', 'processing', 'storing', 'completed');

const completed = aJob({
  state: 'completed',
  version: 7,
  replicateId: 'p1',
  result: { metadataKey: 'm', outputs: [] },
  actualCost: '0.003',
  completedAt: whole[5]!.at,
  updatedAt: whole[5]!.at,
});

describe('a timeline', () => {
  it('begins with the request and tells each change that clients see', () => {
    expect(timeline(completed, whole)).toEqual([
      { at: '2026-01-02T03:04:05.006Z', from: null, to: 'pending', cause: 'request' },
      { at: '2026-01-02T03:05:03.000Z', from: 'pending', to: 'processing', cause: 'cause 5' },
      { at: '2026-01-02T03:05:05.000Z', from: 'processing', to: 'completed', cause: 'cause 7' },
    ]);
  });

  it('of a job just accepted has one entry', () => {
    expect(timeline(aJob(), [])).toHaveLength(1);
  });

  it('tells nothing that happened after the job was read', () => {
    const earlier = aJob({ state: 'processing', version: 5 });
    expect(timeline(earlier, whole).map(({ to }) => to)).toEqual(['pending', 'processing']);
  });

  it('of a retry names the job it repeats', () => {
    expect(timeline(aJob({ retriedFrom: 'j0' }), [])[0]!.cause).toBe('request (retry of j0)');
  });
});

describe('the states since a version', () => {
  const versions = (since: number) => statesSince(completed, whole, since).map((job) => job.version);

  it.each([
    [0, [5, 7]],
    [1, [5, 7]],
    [4, [5, 7]],
    [5, [7]],
    [6, [7]],
    [7, []],
    [999, []],
  ])('%i are those of versions %j', (since, expected) => {
    expect(versions(since)).toEqual(expected);
  });

  it('tell of an earlier state only what was known then', () => {
    const [processing, last] = statesSince(completed, whole, 0);
    expect(processing).toMatchObject({
      state: 'processing',
      replicateId: 'p1',
      result: null,
      error: null,
      actualCost: null,
      completedAt: null,
      updatedAt: whole[3]!.at,
    });
    expect(last).toEqual(completed);
  });

  it('end with the job as it was read, whatever happened since', () => {
    const earlier = aJob({ state: 'processing', version: 5, replicateId: 'p1' });
    expect(statesSince(earlier, whole, 0).map(({ state, version }) => [state, version])).toEqual([
      ['processing', 5],
    ]);
  });

  it('of a job that failed before it was submitted are its failure alone', () => {
    const failed = aJob({ state: 'failed', version: 3, completedAt: new Date() });
    expect(statesSince(failed, steps('pending', 'submitting', 'failed'), 1)).toEqual([failed]);
  });
});
