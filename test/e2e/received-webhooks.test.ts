import { randomBytes, randomUUID } from 'node:crypto';
import type { Answer } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rowsOf } from '../support/job-rows.js';
import { nowSeconds, webhookHeaders, webhookSignature } from '../support/webhook-sender.js';

jest.setTimeout(60_000);

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const oldSecret = `whsec_${randomBytes(24).toString('base64')}`;
const wrongSecret = `whsec_${randomBytes(24).toString('base64')}`;

let app: TestApp;
let outputUrl: string;
beforeAll(async () => {
  app = await startTestApp({ env: { REPLICATE_WEBHOOK_SECRET: `${secret},${oldSecret}` } });
  await app.simulator.fault({ where: 'run', kind: 'stuck-processing', match: { promptIncludes: 'stuck' } });
  const { replicateId } = await app.api.finished(await app.api.generate({ ...request, prompt: 'An output' }));
  outputUrl = [(await app.simulator.prediction(replicateId!)).output].flat()[0]!;
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'webhooks', prompt: 'stuck' };

/** A job that runs for ever unless a webhook of ours ends it. */
async function runningJob() {
  const jobId = await app.api.generate(request);
  const { replicateId } = await app.api.reached(jobId, 'processing');
  return { jobId, replicateId: replicateId! };
}

function bodyOf(replicateId: string, status: string): string {
  return JSON.stringify(
    { id: replicateId, status, output: status === 'succeeded' ? [outputUrl] : null, error: null },
    null,
    1,
  );
}

function send(body: string, headers: Record<string, string>, jobId?: string): Promise<Answer> {
  return app.api.post(`/webhook/replicate${jobId === undefined ? '' : `?job=${jobId}`}`, body, headers);
}

async function expectReceived(answer: Answer): Promise<void> {
  expect([answer.status, answer.body]).toEqual([200, { received: true }]);
}

async function stored(): Promise<number> {
  const { rows } = await app.database.query('SELECT count(*)::int AS count FROM replicate.webhook_inbox');
  return rows[0].count;
}

async function applied(webhookId: string): Promise<string> {
  const { outcome } = await eventually(
    async () => {
      const found = await app.database.query(
        'SELECT outcome FROM replicate.webhook_inbox WHERE webhook_id = $1',
        [webhookId],
      );
      return found.rows[0] as { outcome: string | null };
    },
    (row) => row.outcome !== null,
  );
  return outcome!;
}

describe('a delivery that is not rightly signed', () => {
  const id = 'msg_forged';
  const sign = (body: string, more: object = {}) => webhookHeaders({ body, secret, id, ...more });
  const tampered: [string, (body: string) => { body?: string; headers: Record<string, string> }][] = [
    ['without any header', () => ({ headers: {} })],
    ['with another secret', (body) => ({ headers: sign(body, { secret: wrongSecret }) })],
    ['six minutes old', (body) => ({ headers: sign(body, { timestampSeconds: nowSeconds() - 360 }) })],
    ['six minutes early', (body) => ({ headers: sign(body, { timestampSeconds: nowSeconds() + 360 }) })],
    ['with a changed body', (body) => ({ body: body.replace('succeeded', 'canceled'), headers: sign(body) })],
    ['re-serialised on its way', (body) => ({ body: JSON.stringify(JSON.parse(body)), headers: sign(body) })],
    ['under another id', (body) => ({ headers: { ...sign(body), 'webhook-id': 'msg_other' } })],
    [
      'with its time moved',
      (body) => ({ headers: { ...sign(body), 'webhook-timestamp': String(nowSeconds() - 1) } }),
    ],
    ['with a time that is no number', (body) => ({ headers: { ...sign(body), 'webhook-timestamp': 'now' } })],
    ['without an id', (body) => ({ headers: { ...sign(body), 'webhook-id': '' } })],
    ['with an empty signature', (body) => ({ headers: { ...sign(body), 'webhook-signature': '' } })],
    [
      'with a signature without its version',
      (body) => ({
        headers: { ...sign(body), 'webhook-signature': sign(body)['webhook-signature']!.slice(3) },
      }),
    ],
    [
      'with a signature of another version',
      (body) => ({
        headers: { ...sign(body), 'webhook-signature': sign(body)['webhook-signature']!.replace('v1', 'v2') },
      }),
    ],
    [
      'with half a signature',
      (body) => ({
        headers: { ...sign(body), 'webhook-signature': sign(body)['webhook-signature']!.slice(0, 20) },
      }),
    ],
    [
      'whose svix headers are wrong and the others right',
      (body) => ({ headers: { ...sign(body), ...sign(body, { prefix: 'svix', secret: wrongSecret }) } }),
    ],
  ];

  let job: { jobId: string; replicateId: string };
  beforeAll(async () => {
    job = await runningJob();
  });

  it.each(tampered)('%s is refused and stored nowhere', async (_, tamper) => {
    const before = await stored();
    const body = bodyOf(job.replicateId, 'succeeded');
    const { headers, body: sent = body } = tamper(body);
    const answer = await send(sent, headers, job.jobId);
    expect([answer.status, answer.body]).toMatchObject([
      401,
      { error: 'Unauthorized', code: 'unauthorized' },
    ]);
    expect(answer.text).not.toContain(secret.slice(6));
    expect(await stored()).toBe(before);
    expect((await app.api.status(job.jobId)).status).toBe('processing');
  });

  it('and of three megabytes is refused unread', async () => {
    const body = JSON.stringify({
      id: job.replicateId,
      status: 'succeeded',
      logs: 'x'.repeat(3 * 1024 * 1024),
    });
    expect((await send(body, sign(body))).status).toBe(413);
  });
});

describe('a delivery that is rightly signed', () => {
  const unknownJob = () => bodyOf(`unknown${randomUUID()}`, 'processing');

  it.each(['webhook', 'svix'])('with %s- headers is taken', async (prefix) => {
    const body = unknownJob();
    await expectReceived(await send(body, webhookHeaders({ body, secret, prefix })));
  });

  it('with the secret of before the rotation is taken', async () => {
    const body = unknownJob();
    await expectReceived(await send(body, webhookHeaders({ body, secret: oldSecret })));
  });

  it.each(['v1,AAAA', 'v1a,AAAA', 'v2,x', ''])('is taken beside another signature (%j)', async (other) => {
    const body = unknownJob();
    const headers = webhookHeaders({ body, secret });
    const signature = headers['webhook-signature']!;
    await expectReceived(
      await send(body, { ...headers, 'webhook-signature': `${other} ${signature}`.trim() }),
    );
  });

  it('with the signature of the wrong secret first is taken', async () => {
    const body = unknownJob();
    const [id, timestampSeconds] = [randomUUID(), nowSeconds()];
    const headers = webhookHeaders({ body, secret, id, timestampSeconds });
    const both = `${webhookSignature(id, timestampSeconds, body, wrongSecret)} ${headers['webhook-signature']}`;
    await expectReceived(await send(body, { ...headers, 'webhook-signature': both }));
  });

  it.each([-280, 280])('%d seconds off is taken', async (seconds) => {
    const body = unknownJob();
    await expectReceived(
      await send(body, webhookHeaders({ body, secret, timestampSeconds: nowSeconds() + seconds })),
    );
  });

  it('of a job that we do not know is taken and comes to nothing', async () => {
    const [body, id] = [unknownJob(), randomUUID()];
    await expectReceived(await send(body, webhookHeaders({ body, secret, id }), randomUUID()));
    expect(await applied(id)).toBe('no such job');
  });

  it.each(['not-a-uuid', "1'--", '', '%00'])('with the job %j in its address is taken', async (jobId) => {
    const [body, id] = [unknownJob(), randomUUID()];
    await expectReceived(await send(body, webhookHeaders({ body, secret, id }), jobId));
    expect(await applied(id)).toBe('no such job');
  });
});

describe('the webhooks of a job', () => {
  it('end it, and its history names the one that did', async () => {
    const { jobId, replicateId } = await runningJob();
    const [body, id] = [bodyOf(replicateId, 'succeeded'), randomUUID()];
    await expectReceived(await send(body, webhookHeaders({ body, secret, id }), jobId));
    expect((await app.api.finished(jobId)).status).toBe('completed');
    expect((await app.api.job(jobId)).timeline.at(-1)).toMatchObject({
      to: 'completed',
      cause: `webhook ${id}`,
    });
  });

  it('find it by the prediction when the address names none', async () => {
    const { jobId, replicateId } = await runningJob();
    const body = bodyOf(replicateId, 'succeeded');
    await expectReceived(await send(body, webhookHeaders({ body, secret })));
    expect((await app.api.finished(jobId)).status).toBe('completed');
  });

  it('have one effect however often one is delivered, at once or later', async () => {
    const { jobId, replicateId } = await runningJob();
    const [body, id] = [bodyOf(replicateId, 'succeeded'), randomUUID()];
    const headers = webhookHeaders({ body, secret, id });
    for (const answer of await Promise.all(Array.from({ length: 10 }, () => send(body, headers, jobId))))
      await expectReceived(answer);
    const finished = await app.api.finished(jobId);
    await expectReceived(await send(body, headers, jobId));
    expect(finished.status).toBe('completed');
    expect(await rowsOf(app.database, 'media_outputs', jobId)).toBe(1);
    expect(await rowsOf(app.database, 'usage_tracking', jobId)).toBe(1);
    expect((await app.api.job(jobId)).timeline).toHaveLength(3);
    const { rows } = await app.database.query('SELECT 1 FROM replicate.webhook_inbox WHERE webhook_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('under a known id with another body change nothing', async () => {
    const { jobId, replicateId } = await runningJob();
    const id = randomUUID();
    const first = bodyOf(replicateId, 'processing');
    await expectReceived(await send(first, webhookHeaders({ body: first, secret, id }), jobId));
    await applied(id);
    const second = bodyOf(replicateId, 'failed');
    await expectReceived(await send(second, webhookHeaders({ body: second, secret, id }), jobId));
    const later = randomUUID();
    await expectReceived(await send(first, webhookHeaders({ body: first, secret, id: later }), jobId));
    await applied(later);
    expect((await app.api.status(jobId)).status).toBe('processing');
  });

  it('never change a job that is over', async () => {
    const { jobId, replicateId } = await runningJob();
    const failed = bodyOf(replicateId, 'failed');
    await expectReceived(await send(failed, webhookHeaders({ body: failed, secret }), jobId));
    const finished = await app.api.finished(jobId);
    expect(finished).toMatchObject({ status: 'failed', error: { code: 'provider_failed' } });
    for (const status of ['starting', 'processing', 'succeeded', 'canceled']) {
      const [body, id] = [bodyOf(replicateId, status), randomUUID()];
      await expectReceived(await send(body, webhookHeaders({ body, secret, id }), jobId));
      await applied(id);
    }
    const { rows } = await app.database.query('SELECT state FROM replicate.jobs WHERE job_id = $1', [jobId]);
    expect(rows).toEqual([{ state: 'failed' }]);
    expect(await app.api.status(jobId)).toEqual(finished);
  });

  it('of another prediction do not end it', async () => {
    const { jobId } = await runningJob();
    const [body, id] = [bodyOf('another-prediction', 'succeeded'), randomUUID()];
    await expectReceived(await send(body, webhookHeaders({ body, secret, id }), jobId));
    await applied(id);
    expect((await app.api.status(jobId)).status).toBe('processing');
  });

  it('whose output lies on a host that is not allowed fail it without a visit', async () => {
    const { jobId, replicateId } = await runningJob();
    const body = JSON.stringify({
      id: replicateId,
      status: 'succeeded',
      output: ['http://169.254.169.254/latest/meta-data'],
    });
    await expectReceived(await send(body, webhookHeaders({ body, secret }), jobId));
    const job = await app.api.finished(jobId);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'output_invalid' } });
    expect(await app.objectKeys(`image/webhooks/${job.createdAt.slice(0, 4)}`)).not.toContain(jobId);
  });
});
