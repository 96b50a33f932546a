import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaStore } from '../../src/storage/media.store.js';
import { sound } from '../integration/media/sample-media.js';
import { startSourceServer, type SourceServer } from '../integration/media/source-server.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { decode } from '../support/decode.js';
import { allEvents } from '../support/event-reader.js';
import { eventually } from '../support/eventually.js';
import { approvedScript, storedJob } from '../support/film/approved-script.js';
import { storeClip, type ClipRecipe } from '../support/film/clips.js';
import { startReceiver, verified } from '../support/webhook-receiver.js';

jest.setTimeout(120_000);

let app: TestApp;
let source: SourceServer;
let store: MediaStore;
let directory: string;

beforeAll(async () => {
  source = await startSourceServer();
  app = await startTestApp({ mediaHosts: [source.host] });
  directory = await mkdtemp(join(tmpdir(), 'film-e2e-'));
  store = new MediaStore({
    bucket: app.env.S3_BUCKET!,
    region: app.env.AWS_REGION ?? 'us-east-1',
    endpoint: app.env.S3_ENDPOINT!,
  });
});
afterAll(async () => {
  store.close();
  await Promise.all([app.stop(), source.close()]);
  await rm(directory, { recursive: true, force: true });
});

interface Compilation {
  success: boolean;
  data: Record<string, unknown> & { compilationId: string; status: string; compiledVideoUrl: string };
}

async function scriptOf(...recipes: ClipRecipe[]): Promise<string> {
  const clips = await Promise.all(
    recipes.map((recipe, position) => storeClip(store, directory, recipe, position)),
  );
  return (await approvedScript(app.database, clips)).scriptId;
}

const compile = (scriptId: string, body: object = {}, headers: Record<string, string> = {}) =>
  app.api.post(`/api/scripts/${scriptId}/compile`, body, { prefer: 'wait=60', ...headers });

const seen = async (compilationId: string) =>
  (await app.api.get(`/api/compilations/${compilationId}`)).body as Compilation;

const filesOf = async (compilationId: string) =>
  (await app.objectKeys('compiled/')).filter((key) => key.includes(compilationId));

const over = ({ data }: Compilation) => ['completed', 'failed', 'canceled'].includes(data.status);

/** The sound beds that are being fetched, by their paths. */
const trickling = new Set<string>();
/** An answer of which a little more comes all the time. */
function trickle({ url = '' }: IncomingMessage, response: ServerResponse): void {
  trickling.add(url);
  response.writeHead(200, { 'content-type': 'audio/wav' });
  const timer = setInterval(() => response.write('RIFF'), 50);
  response.on('close', () => {
    clearInterval(timer);
    trickling.delete(url);
  });
}

/** A film whose sound bed never comes to its end: the compilation goes on until it is ended otherwise. */
async function stuckCompilation(name: string): Promise<{ compilationId: string; scriptId: string }> {
  const scriptId = await scriptOf({});
  const url = source.serve(name, trickle);
  const answer = await compile(scriptId, { audio: { url } }, { prefer: 'respond-async' });
  expect(answer.status).toBe(202);
  const { compilationId } = (answer.body as Compilation).data;
  expect(answer.headers.get('location')).toBe(`/api/compilations/${compilationId}`);
  await eventually(
    () => seen(compilationId),
    ({ data }) => data.status === 'processing' && trickling.has(name),
  );
  return { compilationId, scriptId };
}

describe('compiling a script', () => {
  it('answers the finished film, which is stored, decodes and is proved', async () => {
    const scriptId = await scriptOf({}, { size: '64x64', fps: 30, sound: false }, { hertz: 880 });
    const answer = await compile(scriptId, { captions: 'sidecar' });
    const { success, data } = answer.body as Compilation;
    expect([answer.status, success]).toEqual([200, true]);
    expect(answer.headers.get('preference-applied')).toBe('wait=60');
    expect(data).toMatchObject({
      ...{ scriptId, status: 'completed', percent: 100, videoCount: 3, strategy: 'mixed' },
      ...{ mediaDurationSeconds: 6, verification: { passed: true } },
      plan: [{ action: 'copy' }, { action: 'conform' }, { action: 'copy' }],
    });
    expect(data.duration).toEqual(expect.any(Number));
    const streams = await decode(data.compiledVideoUrl);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio']);
    expect((await filesOf(data.compilationId)).map((key) => key.split('/').at(-1)).sort()).toEqual([
      ...['captions.srt', 'captions.vtt', `final-${scriptId}.mp4`, 'metadata.json'],
    ]);
    expect(await seen(data.compilationId)).toEqual(answer.body);
  });

  it('tells each step to who follows it, until the end', async () => {
    const scriptId = await scriptOf({}, {});
    const accepted = await compile(scriptId, { quality: 'low' }, { prefer: 'respond-async' });
    const { compilationId } = (accepted.body as Compilation).data;
    const events = await allEvents(`${app.api.url}/api/compilations/${compilationId}/events`);
    const told = events
      .filter(({ event }) => event === 'status')
      .map(({ data }) => JSON.parse(data!) as Compilation);
    expect(told.at(-1)!.data).toMatchObject({ status: 'completed', percent: 100 });
    const percents = told.map(({ data }) => data.percent as number);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    const last = events.at(-1)!.id!;
    const again = await app.api.get(`/api/compilations/${compilationId}/events`, { 'last-event-id': last });
    expect(again.status).toBe(204);
  });

  it('asked for twice under one key is done once', async () => {
    const scriptId = await scriptOf({});
    const headers = { 'idempotency-key': randomUUID() };
    const first = await compile(scriptId, {}, headers);
    const second = await compile(scriptId, {}, headers);
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await compile(scriptId, { quality: 'low' }, headers)).status).toBe(422);
  });

  it('with dryRun tells the plan and makes nothing', async () => {
    const scriptId = await scriptOf({}, {});
    const before = await app.database.query('SELECT count(*) FROM replicate.compilations');
    const answer = await compile(scriptId, {
      transition: { type: 'fade', durationSeconds: 0.5 },
      dryRun: true,
    });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { success: true, data: { scriptId, strategy: 'mixed', mediaDurationSeconds: 3.5, videoCount: 2 } },
    ]);
    expect((await app.database.query('SELECT count(*) FROM replicate.compilations')).rows).toEqual(
      before.rows,
    );
  });

  it('lays a stored audio job under the film', async () => {
    const scriptId = await scriptOf({ sound: false });
    const bytes = await sound('bed.wav');
    const audio = await storeClip(store, directory, {}, 0);
    const objectKey = `audio/films/${audio.jobId}/original.wav`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await store.put(objectKey, bytes, { contentType: 'audio/wav' });
    const stored = { ...audio, objectKey, contentType: 'audio/wav', bytes: bytes.length, sha256 };
    await storedJob(app.database, stored, 'audio');
    const { body } = await compile(scriptId, { audio: { jobId: audio.jobId, fadeOutSeconds: 1 } });
    expect(
      (await decode((body as Compilation).data.compiledVideoUrl)).map(({ codec_name }) => codec_name),
    ).toEqual([...['h264', 'aac']]);
  });

  it.each([
    [{ outputFormat: 'exe' }, ['outputFormat']],
    [{ quality: 'best', fps: 0, size: '7x7' }, ['quality', 'size', 'fps']],
    [{ size: '17x16' }, ['size']],
    [
      { transition: { type: 'explode', durationSeconds: 9, speed: 1 } },
      ['transition.type', 'transition.durationSeconds', 'transition.speed'],
    ],
    [{ audio: {} }, ['audio']],
    [{ audio: { url: 'https://x.test/a.mp3', jobId: randomUUID() } }, ['audio']],
    [{ audio: { jobId: randomUUID() } }, ['audio.jobId']],
    [{ audio: { url: 'http://example.com/a.mp3' } }, ['audio.url']],
    [{ audio: { url: 'file:///etc/passwd', volume: 3 } }, ['audio.volume']],
    [{ outputFormat: 'gif', loudness: {} }, ['loudness']],
    [
      { loudness: { targetLufs: 3 }, captions: 'sung', colour: 'red' },
      ['captions', 'colour', 'loudness.targetLufs'],
    ],
    [[], ['']],
  ])('refuses %j by the name of each fault', async (body, paths) => {
    const scriptId = await onlyScript();
    const answer = await compile(scriptId, body);
    const { issues, code } = answer.body as { code: string; issues: { path: string }[] };
    expect([answer.status, code]).toEqual([400, 'invalid_parameters']);
    expect(issues.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });

  it('refuses a transition that a clip is too short for', async () => {
    const answer = await compile(await onlyScript(), { transition: { type: 'fade', durationSeconds: 4 } });
    expect([answer.status, answer.body]).toMatchObject([422, { details: expect.stringContaining('clip 1') }]);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'no-id'])('of no script (%s) is 404', async (scriptId) => {
    expect((await compile(scriptId)).status).toBe(404);
    expect((await app.api.get(`/api/compilations/${scriptId}`)).status).toBe(404);
  });

  it('without an approved take of every section names the sections', async () => {
    const scriptId = await scriptOf({}, {});
    const { rows } = await app.database.query<{ section_id: string }>(
      `UPDATE replicate.takes SET approval = 'pending' WHERE script_id = $1 RETURNING section_id`,
      [scriptId],
    );
    const answer = await compile(scriptId);
    expect([answer.status, answer.body]).toMatchObject([409, { code: 'conflict' }]);
    for (const { section_id } of rows) expect(answer.text).toContain(section_id);
  });
});

describe('a clip that is gone', () => {
  it('fails the compilation by its name, leaves nothing, and the approval stands', async () => {
    const scriptId = await scriptOf({}, {});
    const { rows } = await app.database.query<{ object_key: string; video_id: string }>(
      `SELECT object_key, video_id FROM replicate.takes JOIN replicate.media_outputs USING (job_id)
       JOIN replicate.script_sections USING (section_id) WHERE takes.script_id = $1 AND position = 1`,
      [scriptId],
    );
    await store.delete(rows[0]!.object_key);
    const { body, status } = await compile(scriptId);
    const { success, data } = body as Compilation;
    expect([status, success, data.status]).toEqual([200, false, 'failed']);
    expect(data.error).toMatchObject({
      code: 'output_missing',
      message: expect.stringContaining(rows[0]!.video_id),
    });
    expect(await filesOf(data.compilationId)).toEqual([]);
    const approvals = await app.database.query(
      `SELECT approval FROM replicate.takes WHERE script_id = $1 AND approval = 'approved'`,
      [scriptId],
    );
    expect(approvals.rows).toHaveLength(2);
  });
});

describe('a user’s own server', () => {
  it('is told how each compilation of that user’s scripts ended', async () => {
    const receiver = await startReceiver();
    const events = ['compilation.completed', 'compilation.failed', 'compilation.canceled'];
    const made = await app.api.post('/webhook-endpoints', { url: receiver.url('/films'), events });
    const { endpointId, secret } = made.body as { endpointId: string; secret: string };
    try {
      const completed = (await compile(await scriptOf({}))).body as Compilation;
      const { compilationId } = await stuckCompilation('/told.wav');
      await app.api.post(`/api/compilations/${compilationId}/cancel`);
      await eventually(
        async () => receiver.received('/films').length,
        (count) => count === 2,
      );
      const { data: canceled } = await seen(compilationId);
      expect(receiver.received('/films').map((message) => verified(secret, message))).toEqual([
        { type: 'compilation.completed', timestamp: completed.data.completedAt, data: completed.data },
        { type: 'compilation.canceled', timestamp: canceled.completedAt, data: canceled },
      ]);
    } finally {
      await app.api.call('DELETE', `/webhook-endpoints/${endpointId}`);
      await receiver.close();
    }
  });
});

describe('cancel', () => {
  it('ends a running compilation at once, and nothing of it stays', async () => {
    const { compilationId } = await stuckCompilation('/canceled.wav');
    const answer = await app.api.post(`/api/compilations/${compilationId}/cancel`);
    expect([answer.status, answer.body]).toMatchObject([
      202,
      { success: false, data: { status: 'canceled' } },
    ]);
    await eventually(
      async () => trickling.size,
      (count) => count === 0,
    );
    expect(await filesOf(compilationId)).toEqual([]);
    expect((await app.api.post(`/api/compilations/${compilationId}/cancel`)).status).toBe(409);
    expect((await seen(compilationId)).data.status).toBe('canceled');
  });
});

describe('two compilations that go on and on', () => {
  it('run side by side, and jobs complete beside them', async () => {
    const films = [await stuckCompilation('/first.wav'), await stuckCompilation('/second.wav')];
    expect([...trickling]).toEqual(expect.arrayContaining(['/first.wav', '/second.wav']));
    const jobId = await app.api.generate({
      ...{ mediaType: 'image', modelId: 'flux-schnell', userId: 'producer', prompt: 'A picture meanwhile' },
    });
    expect((await app.api.finished(jobId)).status).toBe('completed');
    for (const { compilationId } of films) {
      expect((await seen(compilationId)).data.status).toBe('processing');
      await app.api.post(`/api/compilations/${compilationId}/cancel`);
    }
    await eventually(
      async () => trickling.size,
      (count) => count === 0,
    );
  });
});

describe('a worker killed in the middle', () => {
  it('is replaced by another, which finishes the film', async () => {
    const { compilationId, scriptId } = await stuckCompilation('/killed.wav');
    await app.workerProcesses[0]!.kill();
    source.serve('/killed.wav', await sound('bed.wav'));
    app.startWorker();
    const { data } = await eventually(() => seen(compilationId), over, 90_000);
    expect(data).toMatchObject({ status: 'completed', scriptId });
    expect(await filesOf(compilationId)).toHaveLength(2);
    const { rows } = await app.database.query<{ attempt: number }>(
      'SELECT attempt FROM replicate.compilations WHERE compilation_id = $1',
      [compilationId],
    );
    expect(rows).toEqual([{ attempt: 2 }]);
  });
});

let only: Promise<string> | undefined;
/** One script for all that is refused. */
function onlyScript(): Promise<string> {
  only ??= scriptOf({}, {});
  return only;
}
