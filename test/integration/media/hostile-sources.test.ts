import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import type { AppError } from '../../../src/errors.js';
import type { MediaType } from '../../../src/media/content-type.js';
import { MediaIngest } from '../../../src/media/ingest.js';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';
import { ffmpegRunner, film, picture, sound } from './sample-media.js';
import { startSourceServer, type SourceServer } from './source-server.js';
import { startStoredMedia, whileWanted, type StoredMedia } from './stored-media.js';

jest.setTimeout(60_000);

const MAX_BYTES = 2_000_000;

let media: StoredMedia;
let source: SourceServer;
let ingest: MediaIngest;
let temporaryDirectory: string;
let png: Buffer;
let mp4: Buffer;

beforeAll(async () => {
  [media, source, png, mp4] = await Promise.all([
    startStoredMedia(),
    startSourceServer(),
    picture('picture.png'),
    film('film.mp4'),
  ]);
  temporaryDirectory = await mkdtemp(join(tmpdir(), 'media-test-temporary-'));
  const limit = { maxBytes: MAX_BYTES, timeoutMs: 5_000 };
  ingest = new MediaIngest(media.store, ffmpegRunner(), new TemporaryFolders(temporaryDirectory), {
    source: { hosts: [source.host], allowPrivateSources: true, firstByteTimeoutMs: 300, idleTimeoutMs: 300 },
    limits: { image: limit, video: limit, audio: limit },
  });
});

afterAll(async () => {
  await ingest.close();
  await Promise.all([media.close(), source.close()]);
  await rm(temporaryDirectory, { recursive: true });
});

function run(mediaType: MediaType, sources: string[], signal = new AbortController().signal) {
  const asked = {
    jobId: randomUUID(),
    userId: 'u',
    mediaType,
    createdAt: new Date(0),
    facts: {},
    whileWanted,
  };
  return ingest.ingest(asked, sources, signal);
}

async function refusal(outputs: Promise<unknown>): Promise<AppError> {
  return outputs.then(
    () => Promise.reject(new Error('it was stored')),
    (error: unknown) => error as AppError,
  );
}

/** What every refusal leaves behind. */
async function expectNothingLeft() {
  expect(await media.keys()).toEqual([]);
  expect(await media.uploadsInProgress()).toBe(0);
  expect(await readdir(temporaryDirectory)).toEqual([]);
}

const head =
  (headers: Record<string, string | number>, body: Buffer | string, status = 200): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

/** A picture whose header promises `width` × `height` and whose pixels are nothing but zeros. */
function bombPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0], 8);
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const endless: RequestListener = (_request, response) => {
  response.writeHead(200);
  response.write(png);
  const more = Buffer.alloc(64 * 1024);
  const pump = () => {
    while (!response.destroyed && response.write(more));
    response.once('drain', pump);
  };
  pump();
};

const stallsAfter =
  (bytes: () => Buffer, length: () => number): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': length() }).write(bytes());
  };

const cut: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': png.length }).write(png.subarray(0, png.length - 100), () => {
    setImmediate(() => request.socket.destroy());
  });
};

const cases: [string, MediaType, RequestListener, code: string, retryable: boolean, message: RegExp][] = [
  ['is gone', 'image', head({}, '', 404), 'output_missing', false, /answered 404/],
  ['expired', 'image', head({}, '', 410), 'output_missing', false, /answered 410/],
  ['is forbidden', 'image', head({}, '', 403), 'output_missing', false, /answered 403/],
  ['is not to be had now', 'image', head({}, '', 503), 'provider_unavailable', true, /answered 503/],
  ['is asked for too often', 'image', head({}, '', 429), 'provider_unavailable', true, /answered 429/],
  [
    'is a part only',
    'image',
    (_q, r) => void r.writeHead(206).end(png),
    'output_invalid',
    false,
    /status 206/,
  ],
  ['has no content', 'image', head({}, '', 204), 'output_invalid', false, /status 204/],
  [
    'is a page',
    'image',
    head({ 'content-type': 'text/html' }, '<html>'),
    'output_invalid',
    false,
    /text\/html/,
  ],
  [
    'is a page that says nothing of it',
    'image',
    head({}, '<!doctype html>'),
    'output_invalid',
    false,
    /no known/,
  ],
  [
    'is a page named a picture',
    'image',
    head({ 'content-type': 'image/png' }, '<html>'),
    'output_invalid',
    false,
    /no known/,
  ],
  [
    'is a drawing',
    'image',
    head({}, '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    'output_invalid',
    false,
    /no known/,
  ],
  ['is a document', 'image', head({}, '%PDF-1.7\n'), 'output_invalid', false, /application\/pdf/],
  ['is a playlist', 'video', head({}, '#EXTM3U\nhttp://127.0.0.1/'), 'output_invalid', false, /no known/],
  [
    'is a list of files',
    'video',
    head({}, 'ffconcat version 1.0\nfile x\n'),
    'output_invalid',
    false,
    /no known/,
  ],
  ['is a film, not a picture', 'image', (_q, r) => void r.end(mp4), 'output_invalid', false, /video\/mp4/],
  ['is a picture, not a film', 'video', (_q, r) => void r.end(png), 'output_invalid', false, /image\/png/],
  ['is a picture, not sound', 'audio', (_q, r) => void r.end(png), 'output_invalid', false, /image\/png/],
  ['is empty', 'image', head({ 'content-length': 0 }, ''), 'output_invalid', false, /empty/],
  [
    'is empty without saying so',
    'image',
    (_q, r) => void r.writeHead(200).end(),
    'output_invalid',
    false,
    /no known/,
  ],
  [
    'is compressed',
    'image',
    (_q, r) => void r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(png)),
    'output_invalid',
    false,
    /gzip/,
  ],
  [
    'says it is too long',
    'image',
    head({ 'content-length': MAX_BYTES + 1 }, ''),
    'output_invalid',
    false,
    /more than/,
  ],
  ['never ends', 'image', endless, 'output_invalid', false, /more than/],
  ['breaks off', 'image', cut, 'output_invalid', true, /broke off after \d+ of \d+ bytes/],
  [
    'falls silent',
    'image',
    stallsAfter(
      () => png.subarray(0, 10_000),
      () => png.length,
    ),
    'provider_timeout',
    true,
    /in time/,
  ],
  [
    'falls silent before its type is told',
    'image',
    stallsAfter(
      () => png.subarray(0, 9),
      () => 9_000,
    ),
    'provider_timeout',
    true,
    /in time/,
  ],
  ['never answers', 'image', () => undefined, 'provider_timeout', true, /in time/],
  ['hangs up', 'image', (q) => void q.socket.destroy(), 'provider_unavailable', true, /could not be fetched/],
  [
    'is half a picture under a fitting length',
    'image',
    (_q, r) => void r.end(png.subarray(0, png.length / 2)),
    'output_invalid',
    false,
    /decoded/,
  ],
  [
    'is a bomb of 400 million pixels',
    'image',
    (_q, r) => void r.end(bombPng(20_000, 20_000)),
    'output_invalid',
    false,
    /50000000 pixels/,
  ],
  [
    'is a film without its end',
    'video',
    (_q, r) => void r.end(mp4.subarray(0, mp4.length / 2)),
    'output_invalid',
    false,
    /ends before its duration|cannot/,
  ],
  [
    'is a film whose frames are noise',
    'video',
    (_q, r) => void r.end(noisy(mp4)),
    'output_invalid',
    false,
    /cannot|ends before/,
  ],
  [
    'is the head of a film',
    'video',
    (_q, r) => void r.end(mp4.subarray(0, 500)),
    'output_invalid',
    false,
    /cannot read/,
  ],
];

/** All that comes after the index is overwritten. */
function noisy(film: Buffer): Buffer {
  const copy = Buffer.from(film);
  return copy.fill(0x5a, copy.indexOf('mdat') + 4);
}

describe('an output that', () => {
  it.each(cases)(
    '%s (%s) is refused, and leaves nothing behind',
    async (_what, mediaType, answer, code, retryable, message) => {
      const error = await refusal(run(mediaType, [source.serve(`/${randomUUID()}`, answer)]));
      expect([error.code, error.retryable, error.message]).toEqual([
        code,
        retryable,
        expect.stringMatching(message),
      ]);
      await expectNothingLeft();
    },
  );

  it('has no address is missing', async () => {
    expect(await refusal(run('image', []))).toMatchObject({ code: 'output_missing' });
  });

  it('trickles for ever is given up when its time is over', async () => {
    const impatient = new MediaIngest(media.store, ffmpegRunner(), new TemporaryFolders(temporaryDirectory), {
      source: { hosts: [source.host], allowPrivateSources: true },
      limits: { image: { maxBytes: MAX_BYTES, timeoutMs: 400 } },
    });
    const url = source.serve('/trickle', (_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 }).write(png.subarray(0, 5_000));
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    });
    const asked = {
      jobId: 'j',
      userId: 'u',
      mediaType: 'image' as const,
      createdAt: new Date(0),
      facts: {},
      whileWanted,
    };
    const error = await refusal(impatient.ingest(asked, [url], new AbortController().signal));
    expect(error).toMatchObject({ code: 'provider_timeout', retryable: true });
    await impatient.close();
    await expectNothingLeft();
  });

  it('is one of several and bad stops the others', async () => {
    const good = source.serve(
      '/good',
      stallsAfter(
        () => png.subarray(0, 10_000),
        () => png.length,
      ),
    );
    const bad = source.serve('/bad', head({}, '', 404));
    expect(await refusal(run('image', [good, bad, good]))).toMatchObject({ code: 'output_missing' });
    await expectNothingLeft();
  });
});

describe('a redirect', () => {
  const to = (location: string, status = 302): RequestListener => head({ location }, '', status);

  it.each([301, 302, 303, 307, 308])('of status %i is followed to an allowed host', async (status) => {
    const target = source.serve('/target', png);
    const outputs = await run('image', [source.serve('/moved', to(target, status))]);
    expect(outputs[0]?.bytes).toBe(png.length);
    for (const key of await media.keys()) await media.store.delete(key);
  });

  it('may be relative', async () => {
    source.serve('/target', png);
    expect(await run('image', [source.serve('/relative', to('/target'))])).toHaveLength(1);
    for (const key of await media.keys()) await media.store.delete(key);
  });

  it.each([
    ['a cloud metadata address', 'http://169.254.169.254/latest/meta-data/'],
    ['another host', 'https://example.com/out.png'],
    ['a host that only begins alike', 'https://replicate.delivery.example.com/out.png'],
    ['another port', 'http://127.0.0.1:1/out.png'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:image/png;base64,AAAA'],
    ['nothing', ''],
  ])('to %s is refused', async (_what, location) => {
    const error = await refusal(run('image', [source.serve('/moved', to(location))]));
    expect(error).toMatchObject({
      code: 'output_invalid',
      retryable: false,
    });
    await expectNothingLeft();
  });

  it('that never arrives is refused after three', async () => {
    const before = source.requests.length;
    const error = await refusal(run('image', [source.serve('/round', to('/round'))]));
    expect(error.message).toMatch(/redirects more than 3 times/);
    expect(source.requests.length - before).toBe(4);
  });
});

describe('a job that is aborted', () => {
  it('while it downloads gives the reason and leaves nothing behind', async () => {
    const abort = new AbortController();
    const url = source.serve('/slow', (_request, response) => {
      response.writeHead(200, { 'content-length': png.length }).write(png.subarray(0, 10_000));
      setTimeout(() => abort.abort(new Error('the job was cancelled')), 50);
    });
    expect(await refusal(run('image', [url], abort.signal))).toMatchObject({
      message: 'the job was cancelled',
    });
    await expectNothingLeft();
  });

  it('before it begins asks nobody', async () => {
    const before = source.requests.length;
    const over = AbortSignal.abort(new Error('too late'));
    expect(await refusal(run('image', [source.serve('/never', png)], over))).toMatchObject({
      message: 'too late',
    });
    expect(source.requests).toHaveLength(before);
  });
});

describe('a source that declares no length', () => {
  it('is stored whole all the same', async () => {
    const bytes = await sound('sound.wav');
    const url = source.serve('/chunked', (_request, response) => {
      response.writeHead(200).write(bytes.subarray(0, 5_000));
      response.end(bytes.subarray(5_000));
    });
    const [output] = await run('audio', [url]);
    expect((await media.store.head(output?.objectKey ?? ''))?.bytes).toBe(bytes.length);
    expect(await media.uploadsInProgress()).toBe(0);
  });
});
