import { JobLifecycle } from '../../../src/jobs/job-lifecycle.js';
import { JobStepsRepository } from '../../../src/jobs/job-steps.repository.js';
import { Metrics } from '../../../src/metrics/metrics.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { MediaOutputEntity } from '../../../src/jobs/media-output.entity.js';
import { OutputsService } from '../../../src/jobs/outputs.service.js';
import { StoredObjectsRepository } from '../../../src/jobs/stored-objects.repository.js';
import { Logger } from '../../../src/logging/logger.js';
import { MediaIngest } from '../../../src/media/ingest.js';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';
import type { ModelRegistry } from '../../../src/models/registry.js';
import { ffmpegRunner, picture } from '../media/sample-media.js';
import { startSourceServer, type SourceServer } from '../media/source-server.js';
import { startStoredMedia, type StoredMedia } from '../media/stored-media.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

let db: TestDatabase;
let media: StoredMedia;
let source: SourceServer;
let ingest: MediaIngest;
let jobs: JobsRepository;

beforeAll(async () => {
  [db, media, source] = await Promise.all([
    startTestDatabase({ entities: [MediaOutputEntity] }),
    startStoredMedia(),
    startSourceServer(),
  ]);
  jobs = new JobsRepository(db.database);
  ingest = new MediaIngest(media.store, ffmpegRunner(), new TemporaryFolders(), {
    source: { hosts: [source.host], allowPrivateSources: true },
  });
});

afterAll(async () => {
  await ingest.close();
  await Promise.all([db.close(), media.close(), source.close()]);
});

/** The service; `afterIngest` happens between the storing of the outputs and the completion. */
function service(
  afterIngest: () => Promise<void> = () => Promise.resolve(),
  stored: Pick<MediaIngest, 'ingest'> = ingest,
): OutputsService {
  const logger = new Logger('silent');
  const delayed: Pick<MediaIngest, 'ingest'> = {
    ingest: async (...asked) => {
      const outputs = await stored.ingest(...asked);
      await afterIngest();
      return outputs;
    },
  };
  const lifecycle = new JobLifecycle(jobs, logger, new Metrics());
  const objects = new StoredObjectsRepository(db.database);
  const registry = { find: () => undefined } as unknown as ModelRegistry;
  return new OutputsService(
    jobs,
    new JobStepsRepository(db.database),
    lifecycle,
    objects,
    delayed as MediaIngest,
    media.store,
    registry,
    db.database,
    logger,
  );
}

async function aStoringJob(output?: string): Promise<string> {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  const outputs = [output ?? source.serve(`/${order.jobId}`, await picture('p.png'))];
  const prediction = { outputs, metrics: {} };
  await jobs.move({ jobId: order.jobId, to: 'storing', cause: 'webhook w', prediction });
  return order.jobId;
}

const delivery = { signal: new AbortController().signal, attempt: 1, lastAttempt: false };

const keysOf = async (jobId: string) => (await media.keys()).filter((key) => key.includes(jobId));

describe('storing the outputs of a job', () => {
  it('completes it with one row an output', async () => {
    const jobId = await aStoringJob();
    await service().store(jobId, delivery);
    expect((await jobs.find(jobId))?.state).toBe('completed');
    const rows = await db.database.manager.findBy(MediaOutputEntity, { jobId });
    expect(rows.map(({ objectKey }) => objectKey)).toEqual([expect.stringMatching(/\/original\.png$/)]);
  });

  it('in two runs at once completes it once', async () => {
    const jobId = await aStoringJob();
    const runs = await Promise.allSettled([
      service().store(jobId, delivery),
      service().store(jobId, delivery),
    ]);
    expect(runs.map(({ status }) => status)).toContain('fulfilled');
    expect((await jobs.find(jobId))?.state).toBe('completed');
    expect(await db.database.manager.countBy(MediaOutputEntity, { jobId })).toBe(1);
    expect(await keysOf(jobId)).toHaveLength(3);
  });

  it('does not complete it with an object that another run took away, and mends that when tried again', async () => {
    const jobId = await aStoringJob();
    const takeAway = async () => {
      for (const key of await keysOf(jobId)) if (key.includes('original')) await media.store.delete(key);
    };
    await expect(service(takeAway).store(jobId, delivery)).rejects.toMatchObject({
      code: 'storage_failed',
      retryable: true,
    });
    expect((await jobs.find(jobId))?.state).toBe('storing');
    await service().store(jobId, delivery);
    expect((await jobs.find(jobId))?.state).toBe('completed');
    expect(await keysOf(jobId)).toHaveLength(3);
  });
});

describe('an output that its source does not give', () => {
  const store = (jobId: string, made = service()) => made.store(jobId, { ...delivery, attempt: 50 });
  const stateOf = async (jobId: string) => (await jobs.find(jobId))?.state;

  it('is asked for five times, however often storing failed for other reasons before', async () => {
    const jobId = await aStoringJob(source.url('/nowhere.png'));
    const away = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const brokenStore = service(undefined, { ingest: () => Promise.reject(away) });
    for (let tries = 0; tries < 4; tries += 1) {
      await expect(store(jobId)).rejects.toMatchObject({ code: 'output_missing', retryable: true });
      await expect(store(jobId, brokenStore)).rejects.toBe(away);
    }
    expect(await stateOf(jobId)).toBe('storing');
    await store(jobId);
    expect(await jobs.find(jobId)).toMatchObject({ state: 'failed', error: { code: 'output_missing' } });
  });
});
