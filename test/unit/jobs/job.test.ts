import {
  isFinal,
  JOB_STATUSES,
  mayFollow,
  predecessors,
  statesOf,
  statusOf,
  type JobState,
} from '../../../src/jobs/job.js';

const STATES: JobState[] = [
  'pending',
  'submitting',
  'processing',
  'storing',
  'completed',
  'failed',
  'canceled',
];
const FINAL: JobState[] = ['completed', 'failed', 'canceled'];

const LEGAL: Record<JobState, JobState[]> = {
  pending: ['submitting', 'processing', 'storing', 'failed', 'canceled'],
  submitting: ['pending', 'processing', 'storing', 'failed', 'canceled'],
  processing: ['storing', 'failed', 'canceled'],
  storing: ['completed', 'failed'],
  completed: [],
  failed: [],
  canceled: [],
};

const pairs = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

describe('a job', () => {
  it.each(pairs)('moves from %s to %s only where that is legal', (from, to) => {
    expect(mayFollow(from, to)).toBe(LEGAL[from].includes(to));
  });

  it.each(FINAL)('that is %s is final and has no successor', (state) => {
    expect(isFinal(state)).toBe(true);
    expect(STATES.filter((to) => mayFollow(state, to))).toEqual([]);
  });

  it('that is not over can still end', () => {
    const open = STATES.filter((state) => !FINAL.includes(state));
    for (const state of open) {
      expect(isFinal(state)).toBe(false);
      expect(mayFollow(state, 'failed')).toBe(true);
    }
  });

  it('completes only after its outputs were stored', () => {
    expect(predecessors('completed')).toEqual(['storing']);
  });
});

describe('the states that may precede', () => {
  it.each(STATES)('%s are those it may follow', (to) => {
    expect(predecessors(to)).toEqual(STATES.filter((from) => LEGAL[from].includes(to)));
  });
});

describe('the status that clients see', () => {
  it.each([
    ['pending', ['pending', 'submitting']],
    ['processing', ['processing', 'storing']],
    ['completed', ['completed']],
    ['failed', ['failed']],
    ['canceled', ['canceled']],
  ] as const)('%s stands for %j', (status, states) => {
    expect(statesOf(status)).toEqual(states);
    expect(states.map(statusOf)).toEqual(states.map(() => status));
  });

  it('covers every state', () => {
    expect(JOB_STATUSES.flatMap(statesOf).sort()).toEqual([...STATES].sort());
  });

  it('goes back only from a submission that was not created, which clients do not see', () => {
    const rank = (state: JobState) => JOB_STATUSES.indexOf(statusOf(state));
    const backwards = pairs.filter(([from, to]) => mayFollow(from, to) && rank(to) < rank(from));
    expect(backwards).toEqual([]);
  });
});
