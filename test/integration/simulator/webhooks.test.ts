import { Webhook } from 'svix';
import type { RunningSimulator } from './running-simulator.js';
import { idOf, startReceiver, startSimulator } from './running-simulator.js';

const flux = 'black-forest-labs/flux-schnell';
const small = { prompt: 'a pear', megapixels: '0.25' };
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const retryWindowMs = 61_000;

let simulator: RunningSimulator;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

async function begin(answers: number[] = [], options = {}) {
  simulator = await startSimulator({ webhookSecrets: [secret], durationScale: 1, ...options });
  await simulator.clock({ mode: 'manual' });
  receiver = await startReceiver(answers);
}
afterEach(async () => {
  await simulator.close();
  await receiver.close();
});

async function runWith(events: string[], fault?: Record<string, unknown>): Promise<string> {
  if (fault) await simulator.faults({ where: 'webhook', ...fault });
  const more = { webhook: receiver.url, webhook_events_filter: events };
  const id = await idOf(await simulator.create(flux, small, more));
  await simulator.clock({ advanceMs: 10_000 });
  return id;
}

const verifies = ({ headers, body }: (typeof receiver.delivered)[number]) => {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};
const statuses = () => receiver.delivered.map(({ prediction }) => prediction.status);
const ids = () => receiver.delivered.map(({ headers }) => headers['webhook-id']);

describe('webhooks', () => {
  it('come in order, signed, each with the prediction as it then stood', async () => {
    await begin();
    const id = await runWith(['start', 'output', 'logs', 'completed']);
    expect(receiver.delivered.every(verifies)).toBe(true);
    expect(new Set(ids()).size).toBe(receiver.delivered.length);
    const predictions = receiver.delivered.map(({ prediction }) => prediction);
    expect(predictions[0]).toMatchObject({ id, status: 'processing', logs: '', output: null });
    expect(predictions.at(-1)).toEqual(await simulator.get(id));
    const logLengths = predictions.map(({ logs }) => logs.length);
    expect(logLengths).toEqual([...logLengths].sort((one, other) => one - other));
    expect(statuses().filter((status) => status === 'succeeded')).toHaveLength(1);
    expect(receiver.url).toContain('?job=j1&nonce=n1');
  });

  it('are only those asked for', async () => {
    await begin();
    await runWith(['start', 'completed']);
    expect(statuses()).toEqual(['processing', 'succeeded']);
  });

  it('of logs come at most twice a second', async () => {
    await begin([], { durationScale: 0.1 });
    await runWith(['logs']);
    expect(receiver.delivered).toHaveLength(1);
  });

  it('are sent for what is cancelled, but not for what is aborted', async () => {
    await begin();
    await simulator.faults({ where: 'run', kind: 'stuck-starting' });
    const more = { webhook: receiver.url, webhook_events_filter: ['completed'] };
    const id = await idOf(await simulator.create(flux, small, more));
    await simulator.create(flux, small, more, { 'cancel-after': '5s' });
    await simulator.call('POST', `/v1/predictions/${id}/cancel`);
    await simulator.clock({ advanceMs: 6000 });
    expect(receiver.delivered.map(({ prediction }) => [prediction.id, prediction.status])).toEqual([
      [id, 'canceled'],
    ]);
  });
});

describe('a terminal webhook that is refused', () => {
  it('comes again with the same id until it is accepted', async () => {
    await begin([500, 404]);
    await runWith(['completed']);
    expect(statuses()).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(new Set(ids()).size).toBe(1);
    expect(receiver.delivered.every(verifies)).toBe(true);
  });

  it('comes for the last time a minute after completion', async () => {
    await begin(Array<number>(20).fill(503));
    const id = await runWith(['completed']);
    await simulator.clock({ advanceMs: retryWindowMs });
    await simulator.clock({ advanceMs: retryWindowMs });
    const { webhooks = [] } = await simulator.ledger();
    const completedAt = Date.parse(String((await simulator.get(id)).completed_at));
    const seconds = webhooks.map(({ at }) => Math.round((Date.parse(String(at)) - completedAt) / 1000));
    expect(seconds).toEqual([0, 1, 3, 7, 15, 30, 60]);
    expect(webhooks.every(({ status, outcome }) => status === 503 && outcome === 'refused')).toBe(true);
  });

  it('is not sent again when the receiver redirects, nor is the redirect followed', async () => {
    await begin([307]);
    await runWith(['completed']);
    await simulator.clock({ advanceMs: retryWindowMs });
    expect(receiver.delivered).toHaveLength(1);
  });
});

it('an intermediate webhook that is refused does not come again', async () => {
  await begin([500]);
  await runWith(['start']);
  await simulator.clock({ advanceMs: retryWindowMs });
  expect(receiver.delivered).toHaveLength(1);
});

describe('webhook faults', () => {
  const both = ['start', 'completed'];
  it.each([
    ['drop', { match: { event: 'completed' } }, ['processing']],
    [
      'duplicate',
      { copies: 3, match: { event: 'completed' } },
      ['processing', 'succeeded', 'succeeded', 'succeeded'],
    ],
    ['reorder', {}, ['succeeded', 'processing']],
    ['delay', { delayMs: 9000, match: { event: 'start' } }, ['succeeded', 'processing']],
    ['outage', { times: 4 }, ['succeeded']],
    ['outage', {}, []],
    ['answer-lost', { times: 1, match: { event: 'completed' } }, ['processing', 'succeeded', 'succeeded']],
    ['redirect', {}, []],
  ])('%s %j', async (kind, params, expected) => {
    await begin();
    await runWith(both, { kind, ...params });
    await simulator.clock({ advanceMs: retryWindowMs });
    expect(statuses()).toEqual(expected);
  });

  it.each([
    ['two-signatures', true, /^v1,\S+ v1,\S+$/],
    ['v2-signature-first', true, /^v2,\S+ v1,\S+$/],
    ['wrong-secret', false, /^v1,\S+$/],
    ['stale-timestamp', false, /^v1,\S+$/],
    ['future-timestamp', false, /^v1,\S+$/],
    ['unknown-keys', true, /^v1,\S+$/],
  ])('%s: a right receiver accepts it: %s', async (kind, accepted, signature) => {
    await begin();
    await runWith(['completed'], { kind });
    expect(receiver.delivered.map(verifies)).toEqual([accepted]);
    expect(receiver.delivered[0]?.headers['webhook-signature']).toMatch(signature);
  });

  it('unknown-keys adds keys and nanoseconds', async () => {
    await begin();
    await runWith(['completed'], { kind: 'unknown-keys' });
    expect(receiver.delivered[0]?.prediction).toHaveProperty('sim_unknown');
    expect(receiver.delivered[0]?.prediction.created_at).toMatch(/\.\d{9}Z$/);
  });

  it('two keys sign while rotating', async () => {
    await begin([], {
      webhookSecrets: [`whsec_${Buffer.from('another key for tests').toString('base64')}`, secret],
    });
    await runWith(['completed']);
    expect(receiver.delivered.map(verifies)).toEqual([true]);
  });
});
