import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { reachedState, rowsOf } from '../support/job-rows.js';

jest.setTimeout(120_000);

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { POLL_INTERVAL_SECONDS: '2' } });
});
afterEach(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'losses', prompt: 'A loss' };

const generate = (count: number) =>
  Promise.all(Array.from({ length: count }, () => app.api.generate(request)));

/** Empties the queues and caches, but for the mark that keeps the database from other suites. */
async function emptyRedis(): Promise<void> {
  const keys = (await app.redis.keys('*')).filter((key) => key !== 'e2e:taken-by');
  if (keys.length > 0) await app.redis.del(keys);
}

async function expectAllOnce(jobIds: string[]): Promise<void> {
  for (const jobId of jobIds) {
    expect((await app.api.finished(jobId, 90_000)).status).toBe('completed');
    expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
    expect(await rowsOf(app.database, 'usage_tracking', jobId)).toBe(1);
  }
}

describe('a Redis that is emptied while jobs run', () => {
  it('loses none of them, and none is submitted twice', async () => {
    await app.simulator.fault({ where: 'run', kind: 'slow', seconds: 1 });
    const early = await generate(10);
    await reachedState(app.database, early[0]!, 'processing');
    await emptyRedis();
    const late = await generate(10);
    await reachedState(app.database, late[0]!, 'submitting').catch(() => undefined);
    await emptyRedis();
    await expectAllOnce([...early, ...late]);
  });
});

describe('a PostgreSQL that ends every connection again and again', () => {
  it('loses no job and ends no process', async () => {
    await app.simulator.fault({ where: 'run', kind: 'slow', seconds: 1 });
    const jobIds = await generate(10);
    for (let round = 0; round < 10; round += 1) {
      await app.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'vsl-media-generation'`,
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await expectAllOnce(jobIds);
    for (const process of [...app.apiProcesses, ...app.workerProcesses]) {
      expect(process.isRunning).toBe(true);
      expect(process.output).not.toMatch(/unhandled/i);
    }
  });
});

/** BullMQ counts in `stc` how often a message was found stalled. */
describe('a worker told to stop while it stores an output', () => {
  it('hands the job to another, which need not take it for stalled', async () => {
    await app.simulator.fault({ where: 'files', kind: 'slow', bytesPerSecond: 100, times: 1 });
    const jobId = await app.api.generate(request);
    await eventually(
      () => app.redis.lrange('bull:store-outputs:active', 0, -1),
      (active) => active.includes(jobId),
    );
    app.startWorker();
    const { code } = await app.workerProcesses[0]!.stop();
    expect(code).toBe(0);
    const job = await app.api.finished(jobId, 60_000);
    expect(job.status).toBe('completed');
    expect(await app.redis.hmget(`bull:store-outputs:${jobId}`, 'name', 'stc')).toEqual([
      'store-outputs',
      null,
    ]);
    expect(await app.simulator.createsOf(jobId)).toHaveLength(1);
  });
});
