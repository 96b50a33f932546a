import { MediaOutputEntity } from '../../../src/jobs/media-output.entity.js';
import type { JobState } from '../../../src/jobs/job.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { OutputsSweepService } from '../../../src/jobs/outputs-sweep.service.js';
import { StoredObjectsRepository } from '../../../src/jobs/stored-objects.repository.js';
import { Logger } from '../../../src/logging/logger.js';
import { mediaPrefix } from '../../../src/media/object-keys.js';
import { startStoredMedia, type StoredMedia } from '../media/stored-media.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { acceptJobs, aNewJob } from './new-job.js';

jest.setTimeout(60_000);

let db: TestDatabase;
let media: StoredMedia;
let jobs: JobsRepository;
let objects: StoredObjectsRepository;
let sweep: OutputsSweepService;

beforeAll(async () => {
  [db, media] = await Promise.all([startTestDatabase({ entities: [MediaOutputEntity] }), startStoredMedia()]);
  jobs = new JobsRepository(db.database);
  objects = new StoredObjectsRepository(db.database);
  sweep = new OutputsSweepService(jobs, objects, media.store, new Logger('silent'));
});

afterAll(() => Promise.all([db.close(), media.close()]));

const FILES = ['original.webp', 'original.png', 'thumbnail.jpg', 'metadata.json'];

/** A job that was brought to `storing`, with what its runs have stored. */
async function aStoringJob() {
  const order = aNewJob();
  await acceptJobs(db.database, order);
  await jobs.move({ jobId: order.jobId, to: 'storing', cause: 'webhook w' });
  const prefix = mediaPrefix((await jobs.find(order.jobId))!);
  for (const file of FILES) await media.store.put(`${prefix}/${file}`, file, { contentType: 'text/plain' });
  return { jobId: order.jobId, prefix };
}

async function complete({ jobId, prefix }: { jobId: string; prefix: string }) {
  const result = { metadataKey: `${prefix}/metadata.json`, outputs: [] };
  await jobs.move({ jobId, to: 'completed', cause: 'webhook w', result });
  const row = { outputIndex: 0, fileSize: 12, contentType: 'image/png', sha256: 'aa' };
  const keys = { objectKey: `${prefix}/original.png`, thumbnailKey: `${prefix}/thumbnail.jpg` };
  await db.database.manager.insert(MediaOutputEntity, { jobId, ...row, ...keys });
}

const left = async (prefix: string) =>
  (await media.store.keys(`${prefix}/`)).map((key) => key.slice(prefix.length + 1)).sort();
const run = (jobId: string) => sweep.sweep(jobId, new AbortController().signal);

describe('the sweep of a job’s objects', () => {
  it('leaves a completed job what its rows name, and takes the rest', async () => {
    const [job, other] = [await aStoringJob(), await aStoringJob()];
    await complete(job);
    await run(job.jobId);
    expect(await left(job.prefix)).toEqual(['metadata.json', 'original.png', 'thumbnail.jpg']);
    expect(await left(other.prefix)).toEqual([...FILES].sort());
  });

  it('leaves a failed job nothing', async () => {
    const job = await aStoringJob();
    const error = { code: 'output_invalid' as const, message: 'no media', retryable: false };
    await jobs.move({ jobId: job.jobId, to: 'failed', cause: 'worker', error });
    await run(job.jobId);
    expect(await left(job.prefix)).toEqual([]);
  });

  it('leaves an open job all it has, and is to be tried again', async () => {
    const job = await aStoringJob();
    await expect(run(job.jobId)).rejects.toMatchObject({ code: 'conflict', retryable: true });
    expect(await left(job.prefix)).toEqual([...FILES].sort());
  });

  it('finds nothing to do for a job that is unknown', async () => {
    await expect(run(crypto.randomUUID())).resolves.toBeUndefined();
  });
});

describe('work that needs the job to be storing', () => {
  it('is done while it is, and keeps the job there until it is done', async () => {
    const job = await aStoringJob();
    const seen: (JobState | undefined)[] = [];
    let completing: Promise<void> | undefined;
    const ran = await objects.whileStoring(job.jobId, async () => {
      completing = complete(job);
      await db.pool.query('SELECT pg_sleep(0.1)');
      seen.push((await jobs.find(job.jobId))?.state);
    });
    await completing;
    seen.push((await jobs.find(job.jobId))?.state);
    expect([ran, ...seen]).toEqual([true, 'storing', 'completed']);
  });

  it('is not done once the job is over', async () => {
    const job = await aStoringJob();
    await complete(job);
    const work = jest.fn(() => Promise.resolve());
    expect(await objects.whileStoring(job.jobId, work)).toBe(false);
    expect(work).not.toHaveBeenCalled();
  });
});
