import { createHash } from 'node:crypto';
import type { JobStatus, MediaFile } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { decode } from '../support/decode.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const prompt = 'A lighthouse in a storm';
const image = 'https://example.com/start.png';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function bytesOf(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The folder that the contract gives a job's files. */
function folderOf({ mediaType, userId, createdAt, jobId }: JobStatus): string {
  return `${mediaType}/${userId}/${createdAt.slice(0, 10).replaceAll('-', '/')}/${jobId}`;
}

function keyOf(url: string): string {
  const base = `${app.env.S3_ENDPOINT}/${app.env.S3_BUCKET}/`;
  expect(url.startsWith(base)).toBe(true);
  return decodeURIComponent(url.slice(base.length));
}

async function servedBySimulator(replicateId: string): Promise<Buffer[]> {
  const { output } = await app.simulator.prediction(replicateId);
  return Promise.all([output].flat().map((url) => bytesOf(url!)));
}

/** The object behind a URL is stored as the status says and holds the very bytes that the provider served. */
async function expectStored(file: MediaFile, served: Buffer): Promise<void> {
  const stored = await app.object(keyOf(file.originalUrl));
  expect(stored).toBeDefined();
  expect(stored!.encryption).toBe('AES256');
  expect(stored!.contentType).toBe(file.contentType);
  expect(stored!.bytes.length).toBe(file.fileSize);
  expect(sha256(stored!.bytes)).toBe(file.sha256);
  expect(sha256(served)).toBe(file.sha256);
  expect(file.s3Path).toBe(`s3://${app.env.S3_BUCKET}/${keyOf(file.originalUrl)}`);
}

interface Case {
  modelId: string;
  mediaType: 'image' | 'video' | 'audio';
  prompt?: string;
  parameters?: Record<string, unknown>;
  /** What must come of it. */
  extension: string;
  contentType: string;
  cost: number;
  seconds?: number;
}

const cases: Case[] = [
  {
    modelId: 'flux-schnell',
    mediaType: 'image',
    prompt,
    extension: 'webp',
    contentType: 'image/webp',
    cost: 0.003,
  },
  {
    modelId: 'sdxl',
    mediaType: 'image',
    prompt,
    parameters: { width: 512, height: 384 },
    extension: 'png',
    contentType: 'image/png',
    cost: 0.01,
  },
  {
    modelId: 'nano-banana',
    mediaType: 'image',
    prompt,
    extension: 'jpg',
    contentType: 'image/jpeg',
    cost: 0.039,
  },
  {
    modelId: 'stability-video',
    mediaType: 'video',
    parameters: { image },
    extension: 'mp4',
    contentType: 'video/mp4',
    cost: 0.05,
    seconds: 25 / 24,
  },
  {
    modelId: 'wan-2.5-t2v',
    mediaType: 'video',
    prompt,
    parameters: { size: '832*480' },
    extension: 'mp4',
    contentType: 'video/mp4',
    cost: 0.25,
    seconds: 5,
  },
  {
    modelId: 'wan-2.5-t2v-fast',
    mediaType: 'video',
    prompt,
    parameters: { size: '480*832' },
    extension: 'mp4',
    contentType: 'video/mp4',
    cost: 0.25,
    seconds: 5,
  },
  {
    modelId: 'veo-3.1',
    mediaType: 'video',
    prompt,
    parameters: { duration: 4, resolution: '720p' },
    extension: 'mp4',
    contentType: 'video/mp4',
    cost: 0.32,
    seconds: 4,
  },
  {
    modelId: 'veo-3.1-fast',
    mediaType: 'video',
    prompt,
    parameters: { duration: 4, resolution: '720p', aspect_ratio: '9:16' },
    extension: 'mp4',
    contentType: 'video/mp4',
    cost: 0.24,
    seconds: 4,
  },
  {
    modelId: 'musicgen',
    mediaType: 'audio',
    prompt,
    parameters: { duration: 3, output_format: 'mp3' },
    extension: 'mp3',
    contentType: 'audio/mpeg',
    cost: 0.02,
    seconds: 3,
  },
];

describe('a job, from the request to the stored file', () => {
  it.each(cases)('of $modelId ends as a decodable file in the agreed place', async (given) => {
    const { modelId, mediaType, extension, contentType, cost, seconds, ...input } = given;
    const userId = 'user.1_a@example-b';
    const jobId = await app.api.generate({ modelId, mediaType, userId, ...input });
    const job = await app.api.finished(jobId, 60_000);
    expect(job).toMatchObject({
      jobId,
      status: 'completed',
      mediaType,
      modelId,
      userId,
      estimatedCost: cost,
    });
    expect(job.actualCost).toBeCloseTo(cost, 6);
    expect(job.error).toBeUndefined();
    expect(job.processingTime).toBe(Date.parse(job.completedAt!) - Date.parse(job.createdAt));

    const folder = folderOf(job);
    const { result } = job;
    expect(keyOf(result!.originalUrl)).toBe(`${folder}/original.${extension}`);
    expect(result!.contentType).toBe(contentType);
    expect(result!.outputs).toBeUndefined();
    await expectStored(result!, (await servedBySimulator(job.replicateId!))[0]!);
    await expectDerived(result!, folder, mediaType);
    if (seconds === undefined) expect(result!.duration).toBeUndefined();
    else expect(Math.abs(result!.duration! - seconds)).toBeLessThan(0.2);
    if (mediaType === 'audio') expect(result!.width).toBeUndefined();
    else {
      const picture = (await decode(result!.originalUrl)).find(({ codec_type }) => codec_type === 'video');
      expect(picture).toMatchObject({ width: result!.width, height: result!.height });
    }
    expect((await app.simulator.createsOf(jobId)).length).toBe(1);
  });

  it('with several outputs stores and tells each of them', async () => {
    const jobId = await app.api.generate({
      ...{ modelId: 'flux-schnell', mediaType: 'image', userId: 'several', prompt },
      parameters: { num_outputs: 4, output_format: 'jpg' },
    });
    const job = await app.api.finished(jobId);
    expect(job).toMatchObject({ status: 'completed', estimatedCost: 0.012, actualCost: 0.012 });
    const { outputs = [], ...first } = job.result!;
    const folder = folderOf(job);
    expect(outputs.map(({ originalUrl }) => keyOf(originalUrl))).toEqual(
      ['', '-2', '-3', '-4'].map((suffix) => `${folder}/original${suffix}.jpg`),
    );
    expect(outputs[0]).toEqual(first);
    const served = await servedBySimulator(job.replicateId!);
    for (const [index, file] of outputs.entries()) await expectStored(file, served[index]!);
    const { rows } = await app.database.query(
      'SELECT object_key FROM replicate.media_outputs WHERE job_id = $1 ORDER BY output_index',
      [jobId],
    );
    expect(rows.map((row) => row.object_key)).toEqual(outputs.map(({ originalUrl }) => keyOf(originalUrl)));
  });
});

/** Thumbnail, preview, waveform and metadata, as the kind of media has them, and nothing else in the folder. */
async function expectDerived(result: MediaFile, folder: string, mediaType: string): Promise<void> {
  const { thumbnailUrl, previewUrl, waveformUrl, metadataUrl } = result;
  const expected = {
    image: { thumbnailUrl: 'thumbnail.jpg' },
    video: { thumbnailUrl: 'thumbnail.jpg', previewUrl: 'preview.gif' },
    audio: { waveformUrl: 'waveform.png' },
  }[mediaType]!;
  const told = Object.fromEntries(
    Object.entries({ thumbnailUrl, previewUrl, waveformUrl }).flatMap(([name, url]) =>
      url === undefined ? [] : [[name, keyOf(url)]],
    ),
  );
  expect(told).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, file]) => [name, `${folder}/${file}`])),
  );
  const codecs = { 'thumbnail.jpg': 'mjpeg', 'preview.gif': 'gif', 'waveform.png': 'png' } as Record<
    string,
    string
  >;
  for (const key of Object.values<string>(told)) {
    const name = key.slice(folder.length + 1);
    const [stream] = await decode(`${app.env.S3_ENDPOINT}/${app.env.S3_BUCKET}/${key}`);
    expect(stream!.codec_name).toBe(codecs[name]);
    const type = { jpg: 'image/jpeg', gif: 'image/gif', png: 'image/png' }[name.split('.')[1]!];
    expect(await app.object(key)).toMatchObject({ contentType: type, encryption: 'AES256' });
  }
  expect(keyOf(metadataUrl)).toBe(`${folder}/metadata.json`);
  const metadata = await app.object(keyOf(metadataUrl));
  expect(metadata!.contentType).toMatch(/^application\/json/);
  expect(JSON.parse(metadata!.bytes.toString())).toMatchObject({
    mediaType,
    outputs: [{ sha256: result.sha256 }],
  });
  expect((await app.objectKeys(`${folder}/`)).sort()).toEqual(
    [keyOf(result.originalUrl), ...Object.values<string>(told), keyOf(metadataUrl)].sort(),
  );
}

describe('the stores at the end of a job', () => {
  let job: JobStatus;
  beforeAll(async () => {
    const jobId = await app.api.generate({
      modelId: 'flux-schnell',
      mediaType: 'image',
      userId: 'stores',
      prompt,
    });
    job = await app.api.finished(jobId);
  });

  it('are one DynamoDB item, found by job, by user and by prediction, that expires after 30 days', async () => {
    const [item] = await eventually(
      () => app.items({ jobId: job.jobId }),
      (items) => items[0]?.status === 'completed',
    );
    expect(await app.items({ jobId: job.jobId })).toHaveLength(1);
    const createdMs = Date.parse(job.createdAt);
    expect(item).toMatchObject({ timestamp: createdMs, userId: 'stores', replicateId: job.replicateId });
    expect(item!.ttl).toBe(Math.floor(createdMs / 1000) + 30 * 24 * 3600);
    const { rows } = await app.database.query('SELECT version FROM replicate.jobs WHERE job_id = $1', [
      job.jobId,
    ]);
    expect(item!.version).toBe(rows[0].version);
    for (const found of [
      await app.items({ userId: 'stores' }, 'UserIdIndex'),
      await app.items({ replicateId: job.replicateId! }, 'ReplicateIdIndex'),
    ])
      expect(found.map(({ jobId }) => jobId)).toEqual([job.jobId]);
  });

  it('are a Redis entry of the same version that lives five minutes at most', async () => {
    const key = `job:status:${job.jobId}`;
    const { rows } = await app.database.query('SELECT version FROM replicate.jobs WHERE job_id = $1', [
      job.jobId,
    ]);
    await eventually(
      () => app.redis.hget(key, 'v'),
      (version) => version === String(rows[0].version),
    );
    const ttlMs = await app.redis.pttl(key);
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(300_000);
  });

  it('are a row of media_outputs and one of usage_tracking', async () => {
    const { rows: outputs } = await app.database.query(
      'SELECT object_key, file_size, content_type, sha256, width, height FROM replicate.media_outputs WHERE job_id = $1',
      [job.jobId],
    );
    const { originalUrl, fileSize, contentType, sha256: hash, width, height } = job.result!;
    expect(outputs).toEqual([
      {
        ...{ object_key: keyOf(originalUrl), file_size: String(fileSize), content_type: contentType },
        ...{ sha256: hash, width, height },
      },
    ]);
    const { rows: usage } = await app.database.query(
      'SELECT user_id, outcome, actual_cost::float8 AS cost, outputs FROM replicate.usage_tracking WHERE job_id = $1',
      [job.jobId],
    );
    expect(usage).toEqual([{ user_id: 'stores', outcome: 'completed', cost: 0.003, outputs: 1 }]);
  });

  it('are an empty outbox', async () => {
    await eventually(
      async () => (await app.database.query('SELECT name FROM replicate.outbox WHERE due_at < now()')).rows,
      (rows) => rows.length === 0,
    );
  });
});
