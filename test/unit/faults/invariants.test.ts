import type { Figure } from '../../faults/figures.js';
import * as invariants from '../../faults/invariants.js';

type Aftermath = invariants.Aftermath;

const key = 'image/user/2026/01/02/job/original.png';
const metadataKey = 'image/user/2026/01/02/job/metadata.json';
const file = { bytes: 3, sha256: 'abc' };

/** One completed job, all stores in agreement. */
function sound(): Aftermath {
  const made = { jobId: 'job', replicateId: 'p', state: 'completed', version: 5 };
  const sent = { webhookId: 'w', predictionId: 'p', status: 200, outcome: 'delivered', fault: null };
  return {
    accepted: [{ jobId: 'job', key: 'k', body: '{}' }],
    database: {
      jobs: [{ ...made, result: { metadataKey }, errorCode: null, completedAt: new Date() }],
      outputs: [{ jobId: 'job', objectKey: key, fileSize: 3, sha256: 'abc', outputIndex: 0, pieceKeys: [] }],
      charges: [{ jobId: 'job', replicateId: 'p', usd: 0.003 }],
      webhookIds: new Set(['w']),
      deadLetters: [],
      outbox: [],
      brokenHistories: [],
    },
    redis: { queued: [], givenUp: [], versions: new Map([['job', 5]]) },
    table: [{ jobId: 'job', version: 5, status: 'completed' }],
    bucket: { keys: new Set([key, metadataKey]), openMultiparts: [], outputs: new Map([[key, file]]) },
    provider: {
      predictions: [{ id: 'p', status: 'succeeded', webhook: '?job=job', completedAt: null }],
      webhooks: [sent],
      sources: new Map([['p', [file]]]),
      prices: new Map([['p', 0.003]]),
    },
  };
}

function brokenIn(aftermath: Aftermath): string[] {
  const figures: Figure[] = [
    ...invariants.nothingLost(aftermath),
    ...invariants.nothingPaidTwice(aftermath),
    ...invariants.storedOnceAndWhole(aftermath),
    ...invariants.layersAgree(aftermath),
    ...invariants.webhooksKept(aftermath),
    invariants.oneJobAKey(aftermath),
    invariants.chargedRight(aftermath),
    ...invariants.nothingLeftOver(aftermath),
  ];
  return figures.filter(({ holds }) => !holds).map(({ label }) => label);
}

/** The one webhook of the sound state, as it would stand in the ledger otherwise. */
const webhook = (aftermath: Aftermath) => aftermath.provider.webhooks[0]!;
const job = (aftermath: Aftermath) => aftermath.database.jobs[0]!;

const BREAKS: [string, (aftermath: Aftermath) => unknown][] = [
  ['I1 false 202s', ({ accepted }) => accepted.push({ jobId: 'gone', key: undefined, body: '' })],
  ['I1 jobs lost', (state) => (job(state).state = 'storing')],
  ['I1 paid outputs lost', (state) => (job(state).state = 'failed')],
  [
    'I2 duplicate predictions',
    ({ provider }) =>
      provider.predictions.push({ ...provider.predictions[0]!, id: 'second', status: 'canceled' }),
  ],
  [
    'I2 surplus predictions not canceled',
    ({ provider }) => provider.predictions.push({ ...provider.predictions[0]!, id: 'second' }),
  ],
  [
    'I3 outputs not stored as the source gave them',
    ({ bucket }) => bucket.outputs.set(key, { bytes: 3, sha256: 'other' }),
  ],
  ['I3 outputs not stored as the source gave them', ({ bucket }) => bucket.outputs.delete(key)],
  [
    'I3 outputs not stored as the source gave them',
    ({ provider }) => provider.sources.set('p', [{ bytes: 3, sha256: 'other' }]),
  ],
  ['I3 completed jobs without all their outputs', ({ provider }) => provider.sources.set('p', [file, file])],
  ['I3 double-stored outputs', ({ bucket }) => bucket.keys.add(key.replace('png', 'webp'))],
  ['I4 orphan objects', ({ bucket }) => bucket.keys.add('image/stray')],
  ['I4 open multipart uploads', ({ bucket }) => bucket.openMultiparts.push(key)],
  ['I5 broken histories', ({ database }) => database.brokenHistories.push('job v2')],
  ['I5 jobs whose layers differ', ({ redis }) => redis.versions.set('job', 4)],
  ['I5 jobs whose layers differ', ({ table }) => table.pop()],
  ['I5 jobs whose layers differ', ({ table }) => table.push({ ...table[0]! })],
  ['I6 webhooks answered 200 but not kept', ({ database }) => database.webhookIds.clear()],
  ['I6 forged webhooks accepted', (state) => (webhook(state).fault = 'wrong-secret')],
  [
    'I6 valid webhooks rejected',
    (state) => Object.assign(webhook(state), { status: 401, outcome: 'refused' }),
  ],
  ['I7 keys with more than one job', ({ accepted }) => accepted.push({ jobId: 'gone', key: 'k', body: '' })],
  ['I8 predictions charged unlike the ledger', ({ database }) => database.charges.pop()],
  [
    'I8 predictions charged unlike the ledger',
    ({ database }) => database.charges.push({ jobId: 'job', replicateId: null, usd: 1 }),
  ],
  ['I9 messages left in the outbox', ({ database }) => database.outbox.push('submit-job')],
  ['I9 messages left in the queues', ({ redis }) => redis.queued.push('submit-job wait 1')],
  ['I9 messages given up', ({ database }) => database.deadLetters.push('submit-job')],
];

describe('the checker of the fault tests', () => {
  it('finds nothing where all stores agree', () => {
    expect(brokenIn(sound())).toEqual([]);
  });

  it.each(BREAKS)('finds %s', (label, breakIt) => {
    const aftermath = sound();
    breakIt(aftermath);
    expect(brokenIn(aftermath)).toContain(label);
  });
});
