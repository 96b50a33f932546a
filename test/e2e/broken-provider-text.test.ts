import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { letTimePass, reachedState } from '../support/job-rows.js';
import { webhookHeaders } from '../support/webhook-sender.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { POLL_INTERVAL_SECONDS: '1' } });
});
beforeEach(() => app.simulator.heal());
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'texts', prompt: 'Odd text' };

describe('what the provider sends', () => {
  it('ends the job even with an error text that PostgreSQL cannot hold', async () => {
    await app.simulator.fault({ where: 'run', kind: 'failed', error: 'bad\u0000text' });
    expect((await app.api.finished(await app.api.generate(request), 20_000)).status).toBe('failed');
  });

  it.each(['a\\u0000b', 'a\\ud800b'])('is taken with logs that hold %s', async (logs) => {
    const secret = app.env.REPLICATE_WEBHOOK_SECRET!.split(',')[0]!;
    const body = `{"id":"x${randomUUID()}","status":"processing","logs":"${logs}"}`;
    const answer = await app.api.post('/webhook/replicate', body, webhookHeaders({ body, secret }));
    expect(answer.status).toBe(200);
  });

  it('is fetched again when an output arrives cut short', async () => {
    await app.simulator.fault({ where: 'files', kind: 'cut-short', times: 1 });
    expect((await app.api.finished(await app.api.generate(request))).status).toBe('completed');
  });
});

describe('two alike jobs whose creates went unanswered', () => {
  it('cost one prediction each', async () => {
    await app.simulator.fault(
      { where: 'create', kind: 'reset-after-create', times: 2 },
      { where: 'webhook', kind: 'drop' },
    );
    const twins = { ...request, prompt: 'Twins' };
    const jobIds = [await app.api.generate(twins), await app.api.generate(twins)];
    const createsOfBoth = async () =>
      (await Promise.all(jobIds.map((id) => app.simulator.createsOf(id)))).flat();
    for (const jobId of jobIds) await reachedState(app.database, jobId, 'submitting');
    await eventually(createsOfBoth, (creates) => creates.length === 2);
    for (const jobId of jobIds) await letTimePass(app.database, jobId, 91);
    for (const jobId of jobIds) expect((await app.api.finished(jobId)).status).toBe('completed');
    expect(await createsOfBoth()).toHaveLength(2);
  });
});
