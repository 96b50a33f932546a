import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { letTimePass, reachedState, rowsOf } from '../support/job-rows.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'restarts', prompt: 'A restart' };

const downloadsOf = async (replicateId: string) =>
  (await app.simulator.ledger()).downloads.filter(({ predictionId }) => predictionId === replicateId);

describe('a worker killed while it stores an output', () => {
  it('is replaced by another, and the job completes once', async () => {
    await app.simulator.fault({ where: 'files', kind: 'slow', bytesPerSecond: 500, times: 1 });
    const jobId = await app.api.generate(request);
    await reachedState(app.database, jobId, 'storing');
    const { replicateId } = await app.api.reached(jobId, 'processing');
    await eventually(
      () => app.simulator.ledger(),
      ({ predictions }) => predictions.some(({ id, status }) => id === replicateId && status === 'succeeded'),
    );
    await app.workerProcesses[0]!.kill();
    app.startWorker();
    await letTimePass(app.database, jobId, 60);

    const job = await app.api.finished(jobId, 60_000);
    expect(job.status).toBe('completed');
    expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
    expect(await rowsOf(app.database, 'media_outputs', jobId)).toBe(1);
    expect(await rowsOf(app.database, 'usage_tracking', jobId)).toBe(1);
    const keys = (await app.objectKeys()).filter((key) => key.includes(jobId));
    expect(keys.map((key) => key.split('/').at(-1)).sort()).toEqual([
      'metadata.json',
      'original.webp',
      'thumbnail.jpg',
    ]);
    expect((await downloadsOf(replicateId!)).length).toBeGreaterThanOrEqual(1);
  });
});

describe('an API killed while jobs run', () => {
  it('is replaced by another, and every job completes once', async () => {
    await app.simulator.fault({ where: 'run', kind: 'slow', seconds: 1 });
    const jobIds = await Promise.all(Array.from({ length: 5 }, () => app.api.generate(request)));
    await app.apiProcesses[0]!.kill();
    await app.startApi({ PORT: new URL(app.api.url).port });
    for (const jobId of jobIds) {
      expect((await app.api.finished(jobId, 60_000)).status).toBe('completed');
      expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
    }
  });
});

describe('SIGTERM', () => {
  it('ends API and worker cleanly while jobs run, and what was left is done by the next', async () => {
    await app.simulator.fault({ where: 'files', kind: 'slow', bytesPerSecond: 500, times: 1 });
    const storing = await app.api.generate(request);
    await reachedState(app.database, storing, 'storing');
    const [api, worker] = [app.apiProcesses[0]!, app.workerProcesses[0]!];
    const startedAt = Date.now();
    const endings = await Promise.all([api.stop(), worker.stop()]);
    expect(endings.map(({ code, signal }) => [code, signal])).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(Date.now() - startedAt).toBeLessThan(25_000);

    await letTimePass(app.database, storing, 60);
    app.startWorker();
    const next = await app.startApi({ PORT: new URL(app.api.url).port });
    expect((await next.finished(storing, 60_000)).status).toBe('completed');
    expect(await app.simulator.createsOf(storing)).toHaveLength(1);
  });
});
