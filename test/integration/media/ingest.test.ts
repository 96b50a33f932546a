import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import type { MediaType } from '../../../src/media/content-type.js';
import { MediaIngest } from '../../../src/media/ingest.js';
import type { StoredOutput } from '../../../src/media/stored-output.js';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';
import { startBreakingProxy } from './breaking-proxy.js';
import { ffmpegRunner, film, picture, sound, webm } from './sample-media.js';
import { startSourceServer, type SourceServer } from './source-server.js';
import { startStoredMedia, whileWanted, type StoredMedia } from './stored-media.js';

jest.setTimeout(60_000);

let media: StoredMedia;
let source: SourceServer;
let ingest: MediaIngest;
let temporaryDirectory: string;

beforeAll(async () => {
  [media, source] = await Promise.all([startStoredMedia(), startSourceServer()]);
  temporaryDirectory = await mkdtemp(join(tmpdir(), 'media-test-temporary-'));
  ingest = new MediaIngest(media.store, ffmpegRunner(), new TemporaryFolders(temporaryDirectory), {
    source: { hosts: [source.host], allowPrivateSources: true },
  });
});

afterAll(async () => {
  await ingest.close();
  await Promise.all([media.close(), source.close()]);
  await rm(temporaryDirectory, { recursive: true });
});

function request(mediaType: MediaType) {
  return {
    jobId: randomUUID(),
    userId: 'ana',
    mediaType,
    createdAt: new Date('2026-03-09T23:59:59.000Z'),
    facts: { modelId: 'some-model', prompt: 'a harbour at dusk' },
    whileWanted,
  };
}

const run = (mediaType: MediaType, ...sources: string[]) => {
  const asked = request(mediaType);
  const prefix = `${mediaType}/ana/2026/03/09/${asked.jobId}`;
  return { asked, prefix, outputs: ingest.ingest(asked, sources, new AbortController().signal) };
};

async function storedBytes(key: string | undefined): Promise<Buffer> {
  const body = await media.store.read(key ?? '');
  if (!body) throw new Error(`nothing is stored at ${key}`);
  return Buffer.concat(await body.toArray());
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const only = (outputs: StoredOutput[]): StoredOutput => {
  expect(outputs).toHaveLength(1);
  return outputs[0] as StoredOutput;
};

describe('an output that is a picture', () => {
  it.each([
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['webp', 'image/webp'],
  ])('is stored as %s with a thumbnail and its facts', async (extension, contentType) => {
    const bytes = await picture(`picture.${extension}`);
    const { prefix, outputs } = run('image', source.serve('/out', bytes));
    const output = only(await outputs);
    expect(output).toEqual({
      index: 0,
      objectKey: `${prefix}/original.${extension}`,
      bytes: bytes.length,
      contentType,
      sha256: sha256(bytes),
      width: 1024,
      height: 768,
      thumbnailKey: `${prefix}/thumbnail.jpg`,
      signature: null,
    });
    expect(sha256(await storedBytes(output.objectKey))).toBe(output.sha256);
    const thumbnail = await sharp(await storedBytes(output.thumbnailKey)).metadata();
    expect(thumbnail).toMatchObject({ format: 'jpeg', width: 480, height: 360 });
  });
});

describe('an output that is a video', () => {
  it('is stored with a thumbnail, a moving preview and the signature of its streams', async () => {
    const bytes = await film('film.mp4');
    const { prefix, outputs } = run('video', source.serve('/film', bytes));
    const output = only(await outputs);
    expect(output).toMatchObject({
      objectKey: `${prefix}/original.mp4`,
      contentType: 'video/mp4',
      sha256: sha256(bytes),
      width: 640,
      height: 360,
      previewKey: `${prefix}/preview.gif`,
      signature: {
        video: { codec: 'h264', frameRate: '24/1', timeBase: '1/12288', pixelFormat: 'yuv420p', frames: 96 },
        audio: { codec: 'aac', sampleRateHz: 48_000, channels: 1, channelLayout: 'mono' },
      },
    });
    expect(output.durationSeconds).toBeCloseTo(4, 1);
    expect(await sharp(await storedBytes(output.thumbnailKey)).metadata()).toMatchObject({
      width: 480,
      height: 270,
    });
    const preview = await sharp(await storedBytes(output.previewKey), { animated: true }).metadata();
    expect(preview).toMatchObject({ format: 'gif', width: 320, pageHeight: 180, pages: 24, loop: 0 });
  });

  it.each([
    ['mov', 'video/quicktime', () => film('film.mov')],
    ['webm', 'video/webm', webm],
  ])('keeps its kind when it is %s', async (extension, contentType, make) => {
    const output = only(await run('video', source.serve('/clip', await make())).outputs);
    expect(output).toMatchObject({ contentType, width: 640, height: 360 });
    expect(output.objectKey).toMatch(new RegExp(`/original\\.${extension}$`));
  });
});

describe('an output that is sound', () => {
  it.each([
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['ogg', 'audio/ogg'],
    ['flac', 'audio/flac'],
    ['m4a', 'audio/mp4'],
  ])('is stored as %s with a waveform', async (extension, contentType) => {
    const { prefix, outputs } = run('audio', source.serve('/sound', await sound(`sound.${extension}`)));
    const output = only(await outputs);
    expect(output).toMatchObject({
      objectKey: `${prefix}/original.${extension}`,
      contentType,
      waveformKey: `${prefix}/waveform.png`,
      signature: { video: null, audio: { sampleRateHz: 48_000 } },
    });
    expect(output.durationSeconds).toBeCloseTo(4, 0);
    const waveform = sharp(await storedBytes(output.waveformKey));
    expect(await waveform.metadata()).toMatchObject({ format: 'png', width: 1200, height: 240 });
    expect((await waveform.stats()).isOpaque).toBe(false);
  });
});

describe('a job', () => {
  it('with several outputs numbers all but the first, and keeps their order', async () => {
    const pictures = await Promise.all(
      ['300x200', '200x300', '400x100'].map((size) => picture('p.png', size)),
    );
    const urls = pictures.map((bytes, index) => source.serve(`/several-${index}`, bytes));
    const { prefix, outputs } = run('image', ...urls);
    expect(
      (await outputs).map(({ index, objectKey, thumbnailKey, width }) => [
        index,
        objectKey,
        thumbnailKey,
        width,
      ]),
    ).toEqual([
      [0, `${prefix}/original.png`, `${prefix}/thumbnail.jpg`, 300],
      [1, `${prefix}/original-2.png`, `${prefix}/thumbnail-2.jpg`, 200],
      [2, `${prefix}/original-3.png`, `${prefix}/thumbnail-3.jpg`, 400],
    ]);
  });

  it('leaves a metadata document that says who, what and which files', async () => {
    const { asked, prefix, outputs } = run('image', source.serve('/documented', await picture('p.png')));
    const stored = await outputs;
    const document = JSON.parse((await storedBytes(`${prefix}/metadata.json`)).toString());
    expect(document).toMatchObject({
      jobId: asked.jobId,
      userId: 'ana',
      mediaType: 'image',
      createdAt: '2026-03-09T23:59:59.000Z',
      modelId: 'some-model',
      prompt: 'a harbour at dusk',
      outputs: stored,
    });
    expect(JSON.stringify(document)).not.toContain(source.host);
  });

  it('has its files encrypted, typed and kept by whoever fetched them', async () => {
    const { outputs } = run('video', source.serve('/headers', await film('film.mp4')));
    const { objectKey, thumbnailKey, previewKey } = only(await outputs);
    const heads = await Promise.all(
      [objectKey, thumbnailKey, previewKey].map((Key) =>
        media.client.send(new HeadObjectCommand({ Bucket: media.bucket, Key })),
      ),
    );
    expect(heads.map(({ ContentType }) => ContentType)).toEqual(['video/mp4', 'image/jpeg', 'image/gif']);
    for (const { ServerSideEncryption, CacheControl } of heads) {
      expect(ServerSideEncryption).toBe('AES256');
      expect(CacheControl).toBe('public, max-age=31536000, immutable');
    }
  });

  it('that runs again is answered from what it stored, without asking the source', async () => {
    const url = source.serve('/once', await picture('p.png'));
    const { asked, outputs } = run('image', url);
    const first = await outputs;
    const asksBefore = source.requests.length;
    expect(await ingest.ingest(asked, [url], new AbortController().signal)).toEqual(first);
    expect(source.requests).toHaveLength(asksBefore);
  });

  it('that runs again after its metadata was lost stores the same files at the same keys', async () => {
    const { asked, prefix, outputs } = run('image', source.serve('/twice', await picture('p.png')));
    const first = await outputs;
    const keys = await media.keys();
    await media.store.delete(`${prefix}/metadata.json`);
    expect(await ingest.ingest(asked, [source.url('/twice')], new AbortController().signal)).toEqual(first);
    expect(await media.keys()).toEqual(keys);
  });

  it('that runs again with another output replaces the first', async () => {
    const { asked, outputs } = run('image', source.serve('/before', await picture('p.png', '100x100')));
    await outputs;
    const after = source.serve('/after', await picture('p.png', '200x200'));
    expect(only(await ingest.ingest(asked, [after], new AbortController().signal)).width).toBe(200);
  });

  it('of which another run completed with other bytes leaves them as they are', async () => {
    const { asked, prefix, outputs } = run('image', source.serve('/won', await picture('p.png', '100x100')));
    const won = only(await outputs);
    await media.store.delete(`${prefix}/metadata.json`);
    const late = { ...asked, whileWanted: () => Promise.resolve(false) };
    const other = source.serve('/late', await picture('p.png', '200x200'));
    await expect(ingest.ingest(late, [other], new AbortController().signal)).rejects.toMatchObject({
      code: 'storage_failed',
      retryable: true,
    });
    expect(sha256(await storedBytes(won.objectKey))).toBe(won.sha256);
  });

  it('whose output proves broken takes it out of the store only while it is wanted', async () => {
    const broken = source.serve('/broken', (await picture('p.png')).subarray(0, 2_000));
    const asked = request('image');
    const lost = { ...asked, whileWanted: () => Promise.resolve(false) };
    const prefix = `image/ana/2026/03/09/${asked.jobId}`;
    const { signal } = new AbortController();
    await expect(ingest.ingest(lost, [broken], signal)).rejects.toMatchObject({ code: 'output_invalid' });
    expect(await media.store.keys(prefix)).toEqual([`${prefix}/original.png`]);
    await expect(ingest.ingest(asked, [broken], signal)).rejects.toMatchObject({ code: 'output_invalid' });
    expect(await media.store.keys(prefix)).toEqual([]);
  });

  it('asks for the bytes as they are', async () => {
    await run('image', source.serve('/asked', await picture('p.png'))).outputs;
    const asked = source.requests.find(({ path }) => path === '/asked');
    expect(asked?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  it('whose upload breaks midway is stored from disk, without asking the source again', async () => {
    const proxy = await startBreakingProxy(media.url, 1);
    const store = media.storeWith({ endpoint: proxy.url });
    const shaky = new MediaIngest(store, ffmpegRunner(), new TemporaryFolders(temporaryDirectory), {
      source: { hosts: [source.host], allowPrivateSources: true },
    });
    const bytes = await film('film.mp4');
    const asked = request('video');
    const url = source.serve('/shaky', bytes);
    const output = only(await shaky.ingest(asked, [url], new AbortController().signal));
    expect(sha256(await storedBytes(output.objectKey))).toBe(sha256(bytes));
    expect(source.requests.filter(({ path }) => path === '/shaky')).toHaveLength(1);
    await shaky.close();
    store.close();
    proxy.close();
  });

  it('leaves nothing in the temporary directory', async () => {
    await run('video', source.serve('/tidy', await film('film.mp4'))).outputs;
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });
});
