import fc from 'fast-check';
import { statusBody, type ShownAddresses } from '../../../src/jobs/job-status.js';
import { mirrorItem, statusSnapshot } from '../../../src/jobs/status-snapshot.js';
import type { Job, JobOutput, JobState } from '../../../src/jobs/job.js';
import { aJob } from './a-job.js';

const addresses: ShownAddresses = {
  archivesAt: () => undefined,
  publicUrl: (key) => `https://media.example/${key}`,
  s3Path: (key) => `s3://bucket/${key}`,
};

const endedAt = new Date('2026-01-02T03:04:09.250Z');

const image: JobOutput = {
  objectKey: 'image/original.webp',
  fileSize: 1234,
  contentType: 'image/webp',
  sha256: 'ab'.repeat(32),
  width: 640,
  height: 480,
  thumbnailKey: 'image/thumbnail.jpg',
};

const completed = (outputs: JobOutput[]) =>
  aJob({
    state: 'completed',
    version: 5,
    replicateId: 'p1',
    result: { metadataKey: 'image/metadata.json', outputs },
    actualCost: '0.012000',
    updatedAt: endedAt,
    completedAt: endedAt,
  });

const asJson = (job: Job): unknown => JSON.parse(JSON.stringify(statusBody(job, addresses)));

const open = {
  jobId: '01890000-0000-7000-8000-000000000001',
  mediaType: 'image',
  modelId: 'flux-schnell',
  userId: 'producer-1',
  createdAt: '2026-01-02T03:04:05.006Z',
  updatedAt: '2026-01-02T03:04:05.006Z',
  estimatedCost: 0.003,
};

const ended = {
  ...open,
  replicateId: 'p1',
  updatedAt: '2026-01-02T03:04:09.250Z',
  completedAt: '2026-01-02T03:04:09.250Z',
  processingTime: 4244,
};

describe('the body of a status', () => {
  it.each([
    ['pending', 'pending', null],
    ['submitting', 'pending', null],
    ['processing', 'processing', 'p1'],
    ['storing', 'processing', 'p1'],
  ] as const)('of a job that is %s tells %s and nothing of an end', (state, status, replicateId) => {
    expect(asJson(aJob({ state, replicateId }))).toEqual({ ...open, status, replicateId });
  });

  it('of one output lists its addresses and facts', () => {
    expect(asJson(completed([image]))).toEqual({
      ...ended,
      status: 'completed',
      actualCost: 0.012,
      result: {
        originalUrl: 'https://media.example/image/original.webp',
        s3Path: 's3://bucket/image/original.webp',
        fileSize: 1234,
        contentType: 'image/webp',
        sha256: 'ab'.repeat(32),
        width: 640,
        height: 480,
        thumbnailUrl: 'https://media.example/image/thumbnail.jpg',
        metadataUrl: 'https://media.example/image/metadata.json',
      },
    });
  });

  it('of several outputs stands for the first and lists all', () => {
    const second = { ...image, objectKey: 'image/original-2.webp' };
    const body = asJson(completed([image, second])) as { result: Record<string, unknown> };
    const { outputs, ...first } = body.result;
    expect(first).toMatchObject({ originalUrl: 'https://media.example/image/original.webp' });
    expect(outputs).toEqual([
      first,
      {
        ...first,
        originalUrl: 'https://media.example/image/original-2.webp',
        s3Path: 's3://bucket/image/original-2.webp',
      },
    ]);
  });

  it('tells when its files move to the archive, where the bucket has one', () => {
    const archived: ShownAddresses = {
      ...addresses,
      archivesAt: (at) => new Date(at.getTime() + 86_400_000),
    };
    expect(statusBody(completed([image]), archived)).toMatchObject({
      result: { archivesAt: '2026-01-03T03:04:09.250Z' },
    });
  });

  it('of a video names its preview and its duration, of an audio its waveform', () => {
    const video = {
      ...image,
      durationSeconds: 8.04,
      previewKey: 'v/preview.gif',
      waveformKey: 'v/waveform.png',
    };
    expect(asJson(completed([video]))).toMatchObject({
      result: {
        duration: 8.04,
        previewUrl: 'https://media.example/v/preview.gif',
        waveformUrl: 'https://media.example/v/waveform.png',
      },
    });
  });

  it('of a failure tells why in words for clients, never the provider’s own', () => {
    const job = aJob({
      state: 'failed',
      replicateId: 'p1',
      error: {
        code: 'provider_failed',
        message: 'The model failed',
        retryable: true,
        detail: 'billing secret',
      },
      updatedAt: endedAt,
      completedAt: endedAt,
    });
    expect(asJson(job)).toEqual({
      ...ended,
      status: 'failed',
      error: { code: 'provider_failed', message: 'The model failed', retryable: true },
    });
  });

  it('of a cancel tells its end and no result', () => {
    const job = aJob({ state: 'canceled', replicateId: 'p1', updatedAt: endedAt, completedAt: endedAt });
    expect(asJson(job)).toEqual({ ...ended, status: 'canceled' });
  });

  it('holds back what an open job already has of its end', () => {
    const states: JobState[] = ['pending', 'submitting', 'processing', 'storing'];
    fc.assert(
      fc.property(fc.constantFrom(...states), (state) => {
        const body = asJson({ ...completed([image]), state }) as Record<string, unknown>;
        for (const fact of ['completedAt', 'processingTime', 'actualCost', 'result', 'error'])
          expect(body).not.toHaveProperty(fact);
      }),
    );
  });

  it('gives a cost as the decimal number that was stored', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (millionths) => {
        const text = (millionths / 1_000_000).toFixed(6);
        const body = asJson(aJob({ estimatedCost: text })) as { estimatedCost: number };
        expect(body.estimatedCost.toFixed(6)).toBe(text);
      }),
    );
  });
});

describe('the snapshot of a status', () => {
  it('carries the version, whether it can change, and the body', () => {
    const snapshot = statusSnapshot(completed([image]), addresses);
    expect(snapshot).toMatchObject({ version: 5, final: true });
    expect(JSON.parse(snapshot.body.toString())).toEqual(asJson(completed([image])));
    expect(statusSnapshot(aJob(), addresses).final).toBe(false);
  });

  it('is mirrored under the time of creation, which never changes', () => {
    const early = aJob();
    const late = completed([image]);
    const items = [early, late].map((job) => mirrorItem(job, statusSnapshot(job, addresses)));
    expect(items.map((item) => item.timestamp)).toEqual([1767323045006, 1767323045006]);
    expect(items.map((item) => item.version)).toEqual([1, 5]);
    expect(items[0]).not.toHaveProperty('replicateId');
    expect(items[1]).toMatchObject({ replicateId: 'p1', status: 'completed', final: true });
  });
});
