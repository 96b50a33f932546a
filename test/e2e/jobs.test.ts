import { type JobStatus } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { reachedState } from '../support/job-rows.js';
import { startReceiver, verified, type Receiver } from '../support/webhook-receiver.js';

jest.setTimeout(60_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.simulator.fault({ where: 'run', kind: 'stuck-processing', match: { promptIncludes: 'stuck' } });
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'jobs', prompt: 'A job' };

interface Page {
  items: JobStatus[];
  nextCursor: string | null;
}

async function page(query: string): Promise<Page> {
  const answer = await app.api.get(`/jobs?${query}`);
  expect(answer.status).toBe(200);
  return answer.body as Page;
}

const ids = ({ items }: Page) => items.map(({ jobId }) => jobId);

/** Runs `work` while no worker does anything. */
async function withWorkerPaused<T>(work: () => Promise<T>): Promise<T> {
  app.workerProcesses[0]!.signal('SIGSTOP');
  try {
    return await work();
  } finally {
    app.workerProcesses[0]!.signal('SIGCONT');
  }
}

describe('the list of jobs', () => {
  const made: string[] = [];
  const userId = 'lister';
  beforeAll(async () => {
    for (let count = 0; count < 7; count += 1) made.unshift(await app.api.generate({ ...request, userId }));
    await Promise.all(made.map((jobId) => app.api.finished(jobId)));
  });

  it('shows the newest first, page after page, and ends', async () => {
    const first = await page(`userId=${userId}&limit=3`);
    const second = await page(`userId=${userId}&limit=3&cursor=${first.nextCursor}`);
    const third = await page(`userId=${userId}&limit=3&cursor=${second.nextCursor}`);
    expect([ids(first), ids(second), ids(third)]).toEqual([
      made.slice(0, 3),
      made.slice(3, 6),
      made.slice(6),
    ]);
    expect(third.nextCursor).toBeNull();
    expect(first.items[0]).toEqual(await app.api.status(made[0]!));
  });

  it('gives each job once although new ones arrive meanwhile', async () => {
    const user = 'stable';
    const before: string[] = [];
    for (let count = 0; count < 4; count += 1)
      before.unshift(await app.api.generate({ ...request, userId: user }));
    const first = await page(`userId=${user}&limit=2`);
    await app.api.generate({ ...request, userId: user });
    const second = await page(`userId=${user}&limit=2&cursor=${first.nextCursor}`);
    expect([...ids(first), ...ids(second)]).toEqual(before);
    expect(second.nextCursor).toBeNull();
  });

  it('holds those that meet every condition', async () => {
    const user = 'filters';
    const image = await app.api.generate({ ...request, userId: user });
    const audio = await app.api.generate({
      ...{ mediaType: 'audio', modelId: 'musicgen', userId: user, prompt: 'stuck song' },
      parameters: { duration: 1 },
    });
    const { createdAt } = await app.api.reached(audio, 'processing');
    await app.api.reached(image, 'completed');
    const both = [audio, image];
    const expected: [string, string[]][] = [
      ['', both],
      ['mediaType=image', [image]],
      ['mediaType=video', []],
      ['modelId=musicgen', [audio]],
      ['status=completed', [image]],
      ['status=processing', [audio]],
      ['status=completed&mediaType=audio', []],
      [`from=${createdAt}`, [audio]],
      [`to=${createdAt}`, [image]],
      [`from=2020-01-01T00:00:00.000Z&to=2020-01-02T00:00:00.000Z`, []],
      ['scriptId=00000000-0000-4000-8000-000000000000', []],
    ];
    for (const [query, wanted] of expected)
      expect([query, ids(await page(`userId=${user}&${query}`))]).toEqual([query, wanted]);
    expect(ids(await page('userId=nobody'))).toEqual([]);
  });

  it.each([
    ...['limit=0', 'limit=101', 'limit=1.5', 'limit=x', 'limit=', 'cursor=!!', 'cursor=AAAA', 'status=done'],
    ...['mediaType=text', 'from=yesterday', 'to=2026-13-01', 'scriptId=7', 'colour=red', 'userId=a&userId=b'],
    ...[
      'userId=',
      'modelId=',
      'userId=%00',
      'modelId=%00',
      'from=2026-W01',
      'from=20260101T000000Z',
      '__proto__=x',
    ],
  ])('refuses ?%s', async (query) => {
    const answer = await app.api.get(`/jobs?${query}`);
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'invalid_parameters' }]);
  });
});

describe('a job', () => {
  it('tells what was asked, what was sent, and what caused each change', async () => {
    const parameters = { width: 1024, height: 1024, seed: 7 };
    const jobId = await app.api.generate({ ...request, parameters });
    await app.api.finished(jobId);
    const { timeline, ...job } = await app.api.job(jobId);
    expect(job).toMatchObject({ jobId, status: 'completed', parameters: { ...parameters, prompt: 'A job' } });
    expect(job.providerInput).toEqual((await app.simulator.prediction(job.replicateId!)).input);
    expect(timeline.map(({ from, to }) => [from, to])).toEqual([
      [null, 'pending'],
      ['pending', 'processing'],
      ['processing', 'completed'],
    ]);
    const { webhooks } = await app.simulator.ledger();
    const delivered = webhooks.filter(({ predictionId }) => predictionId === job.replicateId);
    expect(timeline[0]!.cause).toBe('request');
    expect(timeline[1]!.cause).toMatch(/^(worker|webhook .+)$/);
    expect(delivered.map(({ webhookId }) => `webhook ${webhookId}`)).toContain(timeline[2]!.cause);
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(timeline.every(({ at }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at))).toBe(true);
  });
});

describe('cancel', () => {
  const cancel = (jobId: string) => app.api.post(`/jobs/${jobId}/cancel`);

  it('of a pending job ends it before anything was sent', async () => {
    const jobId = await withWorkerPaused(async () => {
      const pending = await app.api.generate(request);
      const answer = await cancel(pending);
      expect([answer.status, answer.body]).toMatchObject([202, { jobId: pending, status: 'canceled' }]);
      return pending;
    });
    const after = await app.api.generate(request);
    await app.api.finished(after);
    expect(await app.simulator.createsOf(jobId)).toEqual([]);
    expect(await app.api.status(jobId)).toMatchObject({ status: 'canceled', replicateId: null });
    expect((await app.api.job(jobId)).timeline.at(-1)).toMatchObject({ to: 'canceled', cause: 'cancel' });
  });

  it('of a running job ends it at the provider too', async () => {
    const jobId = await app.api.generate({ ...request, prompt: 'stuck' });
    const { replicateId } = await app.api.reached(jobId, 'processing');
    expect((await cancel(jobId)).status).toBe(202);
    const job = await app.api.finished(jobId);
    expect(job).toMatchObject({ status: 'canceled', replicateId });
    expect(job.result).toBeUndefined();
    expect(job.completedAt).toBeDefined();
    expect((await app.simulator.prediction(replicateId!)).status).toBe('canceled');
    const { cancels } = await app.simulator.ledger();
    expect(cancels.filter(({ predictionId }) => predictionId === replicateId)).toHaveLength(1);
  });

  it('of a finished job answers 409 and changes nothing', async () => {
    const jobId = await app.api.generate(request);
    const finished = await app.api.finished(jobId);
    const answer = await cancel(jobId);
    expect([answer.status, answer.body]).toMatchObject([409, { error: 'Conflict', code: 'conflict' }]);
    expect(await app.api.status(jobId)).toEqual(finished);
  });

  it('asked for while the create is under way still ends the prediction', async () => {
    await app.simulator.fault({
      where: 'create',
      kind: 'slow',
      delayMs: 1_500,
      match: { promptIncludes: 'stuck slowly' },
      times: 1,
    });
    const jobId = await app.api.generate({ ...request, prompt: 'stuck slowly' });
    await reachedState(app.database, jobId, 'submitting');
    expect((await cancel(jobId)).status).toBe(202);
    const job = await app.api.finished(jobId);
    expect(job.status).toBe('canceled');
    expect((await app.simulator.prediction(job.replicateId!)).status).toBe('canceled');
  });
});

describe('retry', () => {
  it('makes a new job of the same input', async () => {
    const jobId = await app.api.generate({ ...request, parameters: { seed: 3 } });
    const first = await app.api.finished(jobId);
    const answer = await app.api.post(`/jobs/${jobId}/retry`);
    expect([answer.status, answer.body]).toMatchObject([202, { status: 'pending', replicateId: null }]);
    const second = (answer.body as { jobId: string }).jobId;
    expect(second).not.toBe(jobId);
    expect(answer.headers.get('location')).toBe(`/status/${second}`);
    expect(await app.api.finished(second)).toMatchObject({ status: 'completed', userId: 'jobs' });
    const retried = await app.api.job(second);
    expect(retried).toMatchObject({ retriedFrom: jobId, parameters: (await app.api.job(jobId)).parameters });
    expect(await app.api.status(jobId)).toEqual(first);
  });

  it('of a job that still runs answers 409', async () => {
    const jobId = await app.api.generate({ ...request, prompt: 'stuck' });
    await app.api.reached(jobId, 'processing');
    const answer = await app.api.post(`/jobs/${jobId}/retry`);
    expect([answer.status, answer.body]).toMatchObject([409, { code: 'conflict' }]);
  });
});

describe('Prefer: wait', () => {
  const generate = (prompt: string, prefer: string) =>
    app.api.post('/generate-media', { ...request, prompt }, { prefer });

  it('answers 200 with the finished job when it ends in time', async () => {
    const answer = await generate('waited for', 'wait=30');
    expect([answer.status, answer.body]).toMatchObject([200, { status: 'completed' }]);
    const { jobId } = answer.body as JobStatus;
    expect(answer.body).toEqual(await app.api.status(jobId));
  });

  it('answers the usual 202 when it does not', async () => {
    const answer = await generate('stuck', 'wait=1');
    const { jobId } = answer.body as JobStatus;
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/status/${jobId}`);
  });

  it.each(['wait=-1', 'wait=soon', 'return=minimal'])(
    '%s, which cannot be met, is passed over',
    async (prefer) => {
      expect((await generate('stuck', prefer)).status).toBe(202);
    },
  );
});

describe('a user’s own server', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it('is told of each end of that user’s jobs, signed, and then sees no earlier status', async () => {
    const userId = 'told';
    const made = await app.api.post('/webhook-endpoints', {
      ...{ url: receiver.url('/hooks'), userId },
      events: ['job.completed', 'job.failed', 'job.canceled'],
    });
    const { endpointId, secret } = made.body as { endpointId: string; secret: string };
    const seen: Promise<JobStatus>[] = [];
    receiver.answer('/hooks', (response) => {
      const { data } = JSON.parse(receiver.received('/hooks').at(-1)!.body) as { data: JobStatus };
      seen.push(app.api.status(data.jobId));
      response.writeHead(204).end();
    });
    const [completed, canceled] = await Promise.all([
      app.api.generate({ ...request, userId }),
      app.api.generate({ ...request, userId, prompt: 'stuck, then canceled' }),
      app.api.generate({ ...request, userId: 'another' }),
    ]);
    await app.api.reached(canceled, 'processing');
    await app.api.post(`/jobs/${canceled}/cancel`);
    const [done, undone] = await Promise.all([app.api.finished(completed), app.api.finished(canceled)]);
    await eventually(
      async () => receiver.received('/hooks').length,
      (count) => count === 2,
    );
    const events = receiver.received('/hooks').map((message) => verified(secret, message));
    expect(events).toEqual(
      expect.arrayContaining([
        { type: 'job.completed', timestamp: done.completedAt, data: done },
        { type: 'job.canceled', timestamp: undone.completedAt, data: undone },
      ]),
    );
    expect((await Promise.all(seen)).map(({ status }) => status).sort()).toEqual(['canceled', 'completed']);
    const deliveries = await eventually(
      async () => (await app.api.get(`/webhook-endpoints/${endpointId}/deliveries?status=delivered`)).body,
      (body) => (body as Page).items.length === 2,
    );
    expect(deliveries).toMatchObject({
      items: [{ attempts: [{ httpStatus: 204 }] }, { attempts: [{ httpStatus: 204 }] }],
    });
    expect(app.workerProcesses[0]!.output + app.apiProcesses[0]!.output).not.toContain(secret);
  });
});
