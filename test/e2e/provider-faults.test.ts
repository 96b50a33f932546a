import { createHash } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';
import type { JobStatus } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { letTimePass, reachedState, rowsOf } from '../support/job-rows.js';
import type { Fault } from '../support/simulator.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { POLL_INTERVAL_SECONDS: '1' } });
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'faults' };

/** Starts a job that the faults, and no other job, meet. */
async function startWith(prompt: string, ...faults: Omit<Fault, 'match'>[]): Promise<string> {
  await app.simulator.fault(
    ...faults.map((fault) => ({ ...fault, match: { promptIncludes: prompt } }) as Fault),
  );
  return app.api.generate({ ...request, prompt });
}

async function finishWith(prompt: string, ...faults: Omit<Fault, 'match'>[]): Promise<JobStatus> {
  return app.api.finished(await startWith(prompt, ...faults), 40_000);
}

const answered = async (jobId: string) =>
  (await app.simulator.createsOf(jobId)).map(({ status, predictionId }) => [status, predictionId !== null]);

describe('a run that', () => {
  const told = 'insufficient funds of account r8_vendor';
  it.each([
    ['fails', { kind: 'failed', error: told }, 'provider_failed'],
    ['fails for a passing reason', { kind: 'failed', code: 'E6716' }, 'provider_failed'],
    ['finds the content unfit', { kind: 'failed', code: 'nsfw' }, 'content_refused'],
    ['is ended by its deadline', { kind: 'canceled' }, 'deadline_exceeded'],
    ['is never started', { kind: 'aborted' }, 'deadline_exceeded'],
    ['gives null', { kind: 'output-null' }, 'output_missing'],
    ['gives an empty text', { kind: 'output-empty-string' }, 'output_missing'],
    ['gives an empty list', { kind: 'output-empty-array' }, 'output_missing'],
  ])('%s fails the job by that name', async (title, fault, code) => {
    const job = await finishWith(`run that ${title}`, { where: 'run', ...fault });
    expect(job).toMatchObject({ status: 'failed', error: { code, retryable: expect.any(Boolean) } });
    expect(job.error!.message).not.toBe('');
    expect(job.completedAt).toBeDefined();
    expect(job.result).toBeUndefined();
    expect(JSON.stringify(await app.api.job(job.jobId))).not.toContain(told);
    expect(await answered(job.jobId)).toEqual([[201, true]]);
  });

  it('gives its output in another shape completes', async () => {
    expect((await finishWith('other shape', { where: 'run', kind: 'output-other-shape' })).status).toBe(
      'completed',
    );
  });
});

describe('a create that', () => {
  it('is refused for its input fails the job as provider_rejected, and is not repeated', async () => {
    const job = await finishWith('refused', { where: 'create', kind: 'error', status: 422 });
    expect(job).toMatchObject({ status: 'failed', replicateId: null, error: { code: 'provider_rejected' } });
    expect(await answered(job.jobId)).toEqual([[422, false]]);
  });

  it('is throttled is sent again after the time that Retry-After gives', async () => {
    const job = await finishWith('throttled', {
      where: 'create',
      kind: 'error',
      status: 429,
      retryAfter: 2,
      times: 1,
    });
    expect(job.status).toBe('completed');
    expect(await answered(job.jobId)).toEqual([
      [429, false],
      [201, true],
    ]);
    const [first, second] = (await app.simulator.createsOf(job.jobId)) as unknown as { at: string }[];
    expect(Date.parse(second!.at) - Date.parse(first!.at)).toBeGreaterThanOrEqual(2_000);
  });

  it.each([
    ['is answered 200', { kind: 'status-200' }],
    ['is answered with a run already under way', { kind: 'answer-processing' }],
    ['is answered after the last webhook', { kind: 'answer-after-webhook' }],
    ['is carried out but answered 500', { kind: 'error-after-create', status: 500 }],
    ['is carried out but never answered', { kind: 'reset-after-create' }],
  ])('%s is followed by no other and completes', async (title, fault) => {
    const job = await finishWith(`create that ${title}`, { where: 'create', times: 1, ...fault });
    expect(job.status).toBe('completed');
    const creates = await app.simulator.createsOf(job.jobId);
    expect(creates.map(({ predictionId }) => predictionId)).toEqual([job.replicateId]);
  });

  it('is never answered, nor heard of again, is found in the list of predictions', async () => {
    const jobId = await startWith(
      'found in the list',
      { where: 'create', kind: 'reset-after-create', times: 1 },
      { where: 'webhook', kind: 'drop' },
    );
    await reachedState(app.database, jobId, 'submitting');
    await eventually(
      () => answered(jobId),
      (creates) => creates.length === 1,
    );
    await letTimePass(app.database, jobId, 0);
    const job = await app.api.finished(jobId, 40_000);
    expect(job.status).toBe('completed');
    expect((await app.simulator.createsOf(jobId)).map(({ predictionId }) => predictionId)).toEqual([
      job.replicateId,
    ]);
  });

  it('surely came to nothing is sent anew after a while', async () => {
    const jobId = await startWith('came to nothing', { where: 'create', kind: 'reset', times: 1 });
    await eventually(
      () => answered(jobId),
      (creates) => creates.length === 1,
    );
    await reachedState(app.database, jobId, 'submitting');
    await letTimePass(app.database, jobId, 120);
    expect((await app.api.finished(jobId)).status).toBe('completed');
    expect((await answered(jobId)).map(([, created]) => created)).toEqual([false, true]);
  });
});

describe('webhooks that', () => {
  it('never come are made up for by the poll', async () => {
    const job = await finishWith('webhooks dropped', { where: 'webhook', kind: 'drop' });
    expect(job.status).toBe('completed');
    expect((await app.api.job(job.jobId)).timeline.at(-1)).toMatchObject({ to: 'completed', cause: 'poll' });
    expect(await rowsOf(app.database, 'webhook_inbox', job.jobId)).toBe(0);
  });

  it('are signed with a wrong secret are refused, and the poll completes the job', async () => {
    const job = await finishWith('wrong secret', { where: 'webhook', kind: 'wrong-secret' });
    expect(job.status).toBe('completed');
    expect(await rowsOf(app.database, 'webhook_inbox', job.jobId)).toBe(0);
  });

  it.each(['duplicate', 'reorder', 'answer-lost', 'two-signatures', 'v2-signature-first', 'unknown-keys'])(
    'are faulty (%s) have one effect',
    async (kind) => {
      const job = await finishWith(`webhooks ${kind}`, {
        where: 'webhook',
        kind,
        ...(kind === 'duplicate' ? { copies: 5 } : {}),
      });
      expect(job.status).toBe('completed');
      expect(await rowsOf(app.database, 'webhook_inbox', job.jobId)).toBeGreaterThan(0);
      expect(await rowsOf(app.database, 'media_outputs', job.jobId)).toBe(1);
      expect(await rowsOf(app.database, 'usage_tracking', job.jobId)).toBe(1);
      expect((await app.api.job(job.jobId)).timeline.map(({ to }) => to)).toEqual([
        'pending',
        'processing',
        'completed',
      ]);
      expect(await answered(job.jobId)).toEqual([[201, true]]);
    },
  );
});

describe('an output that', () => {
  it.each(['truncated', 'reset', 'error'])('comes broken once (%s) is fetched again, whole', async (kind) => {
    const job = await finishWith(`output ${kind}`, { where: 'files', kind, times: 1 });
    expect(job).toMatchObject({ status: 'completed' });
    const { output } = await app.simulator.prediction(job.replicateId!);
    const served = Buffer.from(await (await fetch([output].flat()[0]!)).arrayBuffer());
    expect(createHash('sha256').update(served).digest('hex')).toBe(job.result!.sha256);
    expect(served.length).toBe(job.result!.fileSize);
  });

  it('is announced as another type is stored as what it is', async () => {
    const job = await finishWith('wrong type', {
      where: 'files',
      kind: 'wrong-type',
      contentType: 'video/mp4',
    });
    expect(job).toMatchObject({ status: 'completed', result: { contentType: 'image/webp' } });
  });

  it.each(['html', 'empty', 'undecodable'])(
    'is no media (%s) fails the job and leaves nothing behind',
    async (kind) => {
      const job = await finishWith(`output is ${kind}`, { where: 'files', kind });
      expect(job).toMatchObject({ status: 'failed', error: { code: 'output_invalid' } });
      expect((await app.objectKeys('image/faults/')).filter((key) => key.includes(job.jobId))).toEqual([]);
    },
  );
});
