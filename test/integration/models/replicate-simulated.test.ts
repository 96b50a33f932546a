import { randomUUID } from 'node:crypto';
import { ReplicateProvider, type PredictionRequest } from '../../../src/models/replicate.provider.js';
import { eventually } from '../../support/eventually.js';
import { startTestSimulator, type TestSimulator } from '../../support/simulator.js';

jest.setTimeout(30_000);

const env = { ...process.env, REPLICATE_API_TOKEN: 'r8_simulated' };

let simulator: TestSimulator;
let provider: ReplicateProvider;

beforeAll(async () => {
  simulator = await startTestSimulator(env);
  provider = new ReplicateProvider(simulator.baseUrl, 'r8_simulated');
});

afterEach(() => simulator.heal());
afterAll(() => simulator.close());

function aRequest(facts: Partial<PredictionRequest> = {}): PredictionRequest & { nonce: string } {
  const nonce = randomUUID();
  return {
    nonce,
    kind: 'official',
    model: 'black-forest-labs/flux-schnell',
    version: null,
    input: { prompt: `a lighthouse ${nonce}`, megapixels: '0.25' },
    webhookUrl: `http://127.0.0.1:9/webhook/replicate?job=j1&nonce=${nonce}`,
    cancelAfterSeconds: 900,
    ...facts,
  };
}

const createsOf = async (nonce: string) =>
  (await simulator.ledger()).creates.filter((create) => create.webhook?.includes(nonce));

describe('Replicate, simulated', () => {
  it('makes a prediction that ends with an output', async () => {
    const { nonce, ...request } = aRequest();
    const outcome = await provider.create(request);
    if (outcome.kind !== 'created') throw new Error(outcome.detail);
    const ended = await eventually(
      () => provider.get(outcome.prediction.id),
      (prediction) => prediction?.status === 'succeeded',
    );
    expect(ended!.outputs).toHaveLength(1);
    expect(ended!.metrics.predict_time).toEqual(expect.any(Number));
    expect(await createsOf(nonce)).toHaveLength(1);
  });

  it.each([
    ['cut after it was accepted', { kind: 'reset-after-create' }, 1],
    ['cut before it was accepted', { kind: 'reset' }, 0],
    ['answered 500 after it was accepted', { kind: 'error-after-create', status: 500 }, 1],
    ['answered 502 and not accepted', { kind: 'error', status: 502 }, 0],
  ])('gets one POST when that is %s, and the list tells which it was', async (_what, fault, made) => {
    await simulator.fault({ where: 'create', ...fault });
    const since = new Date(Date.now() - 1_000);
    const { nonce, ...request } = aRequest();
    expect((await provider.create(request)).kind).toBe('unclear');
    expect(await createsOf(nonce)).toHaveLength(1);
    await simulator.heal();
    const { predictions } = await provider.listBetween(since, new Date(since.getTime() + 600_000));
    const own = predictions.filter(({ input }) => JSON.stringify(input).includes(nonce));
    expect(own).toHaveLength(made);
  });

  it('refuses a model that is not official and of which no version is known', async () => {
    await simulator.settings({ kinds: { 'black-forest-labs/flux-schnell': 'community' } });
    const refused = await provider.create(aRequest());
    expect(refused.kind).toBe('refused');
    await simulator.settings({ kinds: {} });
  });

  it('throttles an account with little credit', async () => {
    await simulator.settings({ credit: 'low' });
    const outcomes = [await provider.create(aRequest()), await provider.create(aRequest())];
    await simulator.settings({ credit: 'ok' });
    expect(outcomes.map(({ kind }) => kind)).toContain('postponed');
    const waits = outcomes.flatMap((outcome) => (outcome.kind === 'postponed' ? outcome.afterSeconds : []));
    expect(Math.max(...waits)).toBeGreaterThan(0);
  });

  it('makes nothing for an account without credit', async () => {
    await simulator.settings({ credit: 'none' });
    const outcome = await provider.create(aRequest());
    await simulator.settings({ credit: 'ok' });
    expect(outcome).toMatchObject({ kind: 'postponed', because: 'refused_account', afterSeconds: 60 });
  });

  it('cancels a prediction that runs', async () => {
    await simulator.fault({ where: 'run', kind: 'stuck-processing', times: 1 });
    const outcome = await provider.create(aRequest());
    if (outcome.kind !== 'created') throw new Error(outcome.detail);
    expect(await provider.cancel(outcome.prediction.id)).toMatchObject({ status: 'canceled' });
    expect(await provider.get(outcome.prediction.id)).toMatchObject({ status: 'canceled' });
  });

  it('knows nothing of an unknown prediction', async () => {
    expect(await provider.get('unknown')).toBeUndefined();
    expect(await provider.cancel('unknown')).toBeUndefined();
  });

  it('is not trusted with another account’s token', async () => {
    const outcome = await new ReplicateProvider(simulator.baseUrl, 'r8_other').create(aRequest());
    expect(outcome).toMatchObject({ kind: 'postponed', because: 'refused_account', afterSeconds: 60 });
  });
});
