import { startTestApp, type TestApp } from '../support/app.js';
import type { Answer } from '../support/api-client.js';

jest.setTimeout(60_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ workers: 0 });
});
afterAll(() => app.stop());

interface ErrorBody {
  error: string;
  details: string;
  code: string;
  requestId: string;
  issues?: { path: string; message: string }[];
}

const valid = { mediaType: 'image', modelId: 'flux-schnell', userId: 'caller', prompt: 'A lighthouse' };

/** Every error has one shape, tells the request's id and none of our insides. */
function expectError(answer: Answer, status: number, error: string, code: string): ErrorBody {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { error, code } });
  const body = answer.body as ErrorBody;
  expect(body.requestId).toBe(answer.headers.get('x-request-id'));
  expect(body.details).not.toBe('');
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:| at .*\(|SELECT|INSERT|replicate\.jobs|\/work\//);
  return body;
}

async function counts() {
  const { rows } = await app.database.query(
    'SELECT (SELECT count(*) FROM replicate.jobs) AS jobs, (SELECT count(*) FROM replicate.outbox) AS messages',
  );
  const { creates } = await app.simulator.ledger();
  return { ...rows[0], creates: creates.length };
}

describe('an invalid request', () => {
  it('is told every fault at once, by path, and stores and sends nothing', async () => {
    const before = await counts();
    const answer = await app.api.post('/generate-media', {
      ...{ mediaType: 'image', modelId: 'flux-schnell', userId: 'a b', prompt: '', surprise: 1 },
      parameters: { num_outputs: 9, output_format: 'bmp', seed: -1, unknown_thing: true },
    });
    const { issues = [], details } = expectError(answer, 400, 'Invalid parameters', 'invalid_parameters');
    expect(issues.map(({ path }) => path).sort()).toEqual([
      ...['parameters.num_outputs', 'parameters.output_format', 'parameters.seed'],
      ...['parameters.unknown_thing', 'prompt', 'surprise', 'userId'],
    ]);
    for (const { message } of issues) expect(details).toContain(message);
    expect(details).toContain('surprise');
    expect(await counts()).toEqual(before);
  });

  it.each([
    ['a mediaType that does not exist', { mediaType: 'hologram' }, 'mediaType'],
    ['a mediaType that is not the model’s', { mediaType: 'video' }, 'mediaType'],
    ['a missing mediaType', { mediaType: undefined }, 'mediaType'],
    ['a model that does not exist', { modelId: 'flux-snell' }, 'modelId'],
    ['a model named like a property of objects', { modelId: '__proto__' }, 'modelId'],
    ['a model named constructor', { modelId: 'constructor' }, 'modelId'],
    ['a missing model', { modelId: undefined }, 'modelId'],
    ['a model that is a number', { modelId: 7 }, 'modelId'],
    ['a model that is null', { modelId: null }, 'modelId'],
    ['a model that is a list', { modelId: ['flux-schnell'] }, 'modelId'],
    ['a field named constructor', { constructor: null }, 'constructor'],
    ['a field named as a part of objects', { hasOwnProperty: 5 }, 'hasOwnProperty'],
    ['a missing prompt', { prompt: undefined }, 'prompt'],
    ['a prompt of blanks', { prompt: ' \n\t' }, 'prompt'],
    ['a prompt that is no text', { prompt: 7 }, 'prompt'],
    ['a prompt that is null', { prompt: null }, 'prompt'],
    ['a prompt with a NUL character', { prompt: 'a\u0000b' }, 'prompt'],
    ['a prompt of half a character', { prompt: 'a\ud800b' }, 'prompt'],
    ['a prompt without end', { prompt: 'x'.repeat(100_000) }, 'prompt'],
    ['parameters that are a list', { parameters: [] }, 'parameters'],
    ['parameters that are text', { parameters: 'seed=1' }, 'parameters'],
    ['a width without height', { parameters: { width: 512 } }, 'parameters.height'],
    ['a number given as text', { parameters: { seed: '7' } }, 'parameters.seed'],
    ['a broken number', { parameters: { num_outputs: 1.5 } }, 'parameters.num_outputs'],
    ['a parameter that is null', { parameters: { seed: null } }, 'parameters.seed'],
    ['a seed above the greatest', { parameters: { seed: 2147483648 } }, 'parameters.seed'],
    ['a missing userId', { userId: undefined }, 'userId'],
    ['an empty userId', { userId: '' }, 'userId'],
    ['a userId that climbs folders', { userId: '../other' }, 'userId'],
    ['a userId of two dots', { userId: '..' }, 'userId'],
    ['a userId of 129 characters', { userId: 'u'.repeat(129) }, 'userId'],
    ['a userId that ends in a line break', { userId: 'user\n' }, 'userId'],
    ['a userId outside ASCII', { userId: 'usér' }, 'userId'],
    ['a userId that is a number', { userId: 7 }, 'userId'],
    ['a userId that is a list', { userId: ['caller'] }, 'userId'],
  ])('with %s answers 400 and names it', async (_, change, path) => {
    const before = await counts();
    const answer = await app.api.post('/generate-media', { ...valid, ...change });
    const { issues = [], details } = expectError(answer, 400, 'Invalid parameters', 'invalid_parameters');
    expect(issues.length > 0 ? issues.map((issue) => issue.path) : [details]).toEqual([path]);
    expect(await counts()).toEqual(before);
  });

  it.each([
    [
      { reference_images: ['https://example.com/a.png'], aspect_ratio: '9:16' },
      'When using reference_images, aspect_ratio must be "16:9"',
    ],
    [
      { reference_images: ['https://example.com/a.png'], duration: 4 },
      'When using reference_images, duration must be 8 seconds',
    ],
  ])('that breaks a rule across parameters is told its very words: %j', async (parameters, message) => {
    const request = { mediaType: 'video', modelId: 'veo-3.1', userId: 'caller', prompt: 'x', parameters };
    const { issues } = expectError(
      await app.api.post('/generate-media', request),
      400,
      'Invalid parameters',
      'invalid_parameters',
    );
    expect(issues!.map((issue) => issue.message)).toEqual([message]);
  });

  it.each([
    ['cut short', '{"mediaType": "image"'],
    ['a bare word', 'hello'],
    ['empty', ''],
    [
      'with a field named __proto__',
      '{"mediaType":"image","modelId":"flux-schnell","userId":"u","prompt":"p","__proto__":{"admin":true}}',
    ],
    [
      'with a constructor that has a prototype',
      '{"mediaType":"image","modelId":"flux-schnell","userId":"u","prompt":"p","constructor":{"prototype":{"a":1}}}',
    ],
    ['nothing but an object', '{}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    [
      'nested ten thousand deep',
      `{"mediaType":"image","modelId":"flux-schnell","userId":"u","prompt":"p","parameters":{"seed":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
    ],
    [
      'with __proto__ among the parameters',
      '{"mediaType":"image","modelId":"flux-schnell","userId":"u","prompt":"p","parameters":{"__proto__":{"seed":1}}}',
    ],
  ])('whose body is %s answers 400', async (_, body) => {
    const before = await counts();
    expectError(await app.api.post('/generate-media', body), 400, 'Invalid parameters', 'invalid_parameters');
    expect(await counts()).toEqual(before);
  });

  it('without any body answers 400', async () => {
    expectError(await app.api.post('/generate-media'), 400, 'Invalid parameters', 'invalid_parameters');
  });

  it.each([
    'application/xml',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('of the type %s answers 415', async (type) => {
    const headers = { 'content-type': type };
    const answer = await app.api.post('/generate-media', JSON.stringify(valid), headers);
    expectError(answer, 415, 'Unsupported media type', 'unsupported_media_type');
  });

  it('of three megabytes answers 413', async () => {
    const answer = await app.api.post('/generate-media', { ...valid, prompt: 'x'.repeat(3 * 1024 * 1024) });
    expectError(answer, 413, 'Payload too large', 'payload_too_large');
  });

  it('in a well-formed JSON that names a field twice counts the last', async () => {
    const body = JSON.stringify(valid).replace('{', '{"mediaType":"hologram",');
    expect((await app.api.post('/generate-media', body)).status).toBe(202);
  });
});

describe('an accepted request', () => {
  it('is answered with where its status is, and is durable', async () => {
    const answer = await app.api.post('/generate-media', valid);
    expect(answer.status).toBe(202);
    const { jobId, ...rest } = answer.body as Record<string, unknown>;
    expect(jobId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get('location')).toBe(`/status/${String(jobId)}`);
    expect(rest).toEqual({
      ...{ status: 'pending', estimatedTime: 5, estimatedCost: 0.003, replicateId: null },
      message: expect.any(String),
    });
    const { rows } = await app.database.query('SELECT state FROM replicate.jobs WHERE job_id = $1', [jobId]);
    expect(rows).toEqual([{ state: 'pending' }]);
    const { timeline } = await app.api.job(String(jobId));
    expect(timeline).toEqual([{ at: expect.any(String), from: null, to: 'pending', cause: 'request' }]);
  });

  it.each([['a', '.hidden', '...', 'A.b_c@d-e', '-', '@', 'u'.repeat(128)]].flat())(
    'may have the userId %s',
    async (userId) => {
      const jobId = await app.api.generate({ ...valid, userId });
      expect((await app.api.status(jobId)).userId).toBe(userId);
    },
  );

  it('keeps any text of the prompt as it is', async () => {
    const prompt = `"quoted" \\ 'single' 'a''b' $1 %s \u202e 🎬 <b> ${'é'.repeat(10)}`;
    const jobId = await app.api.generate({ ...valid, prompt });
    expect((await app.api.job(jobId)).parameters.prompt).toBe(prompt);
  });

  it.each([
    ['at the top', { prompt: 'One prompt' }],
    ['among the parameters', { prompt: undefined, parameters: { prompt: 'One prompt' } }],
    ['in both places, the same', { prompt: 'One prompt', parameters: { prompt: 'One prompt' } }],
  ])('may give its prompt %s', async (_, change) => {
    const jobId = await app.api.generate({ ...valid, ...change });
    const job = await app.api.job(jobId);
    expect([job.parameters.prompt, job.providerInput.prompt]).toEqual(['One prompt', 'One prompt']);
  });

  it('may not give two prompts', async () => {
    const answer = await app.api.post('/generate-media', { ...valid, parameters: { prompt: 'Another' } });
    expectError(answer, 400, 'Invalid parameters', 'invalid_parameters');
  });
});

describe('an estimate', () => {
  it.each([
    ['veo-3.1', 'video', { duration: 8, resolution: '1080p' }, 0.96],
    ['veo-3.1-fast', 'video', { duration: 8, resolution: '720p' }, 0.48],
    ['wan-2.5-t2v', 'video', { duration: 5, size: '832*480' }, 0.25],
    ['wan-2.5-t2v', 'video', { duration: 10, size: '480*832' }, 0.5],
    ['wan-2.5-t2v', 'video', { duration: 10, size: '1920*1080' }, 1.5],
    ['flux-schnell', 'image', { num_outputs: 4 }, 0.012],
  ])(
    'of %s (%s, %j) is %d dollars, and nothing else happens',
    async (modelId, mediaType, parameters, cost) => {
      const before = await counts();
      const answer = await app.api.post('/generate-media/estimate', {
        ...valid,
        modelId,
        mediaType,
        parameters,
      });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        estimatedCost: cost,
        currency: 'USD',
        warnings: expect.any(Array),
      });
      expect(answer.body).toHaveProperty('breakdown');
      expect(answer.body).toHaveProperty('estimatedTime');
      expect(await counts()).toEqual(before);
    },
  );

  it('of an invalid request answers 400', async () => {
    const answer = await app.api.post('/generate-media/estimate', { ...valid, userId: '' });
    expectError(answer, 400, 'Invalid parameters', 'invalid_parameters');
  });
});

describe('every answer', () => {
  it('echoes a usable X-Request-Id and replaces any other', async () => {
    const echoed = await app.api.get('/health/live', { 'x-request-id': 'my-id.1' });
    expect(echoed.headers.get('x-request-id')).toBe('my-id.1');
    const replaced = await app.api.get('/health/live', { 'x-request-id': 'a b"c' });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it.each(['/status/%ZZ', '/jobs/%E0%A4%A', '/%'])(
    'to the broken address %s is a 400 in the one shape',
    async (path) => {
      expectError(await app.api.get(path), 400, 'Invalid parameters', 'invalid_parameters');
    },
  );

  it('to an unknown address is a 404 in the one shape', async () => {
    expectError(await app.api.get('/nowhere'), 404, 'Not found', 'not_found');
  });

  it.each([
    '00000000-0000-0000-0000-000000000000',
    'no-such-job',
    "1'; DROP TABLE replicate.jobs; --",
    '__proto__',
    'x'.repeat(4_000),
  ])('about the unknown job %s is a 404', async (id) => {
    for (const [method, path] of [
      ['GET', '/status/%'],
      ['GET', '/jobs/%'],
      ['POST', '/jobs/%/cancel'],
      ['POST', '/jobs/%/retry'],
      ['GET', '/jobs/%/events'],
    ] as const)
      expectError(
        await app.api.call(method, path.replace('%', encodeURIComponent(id))),
        404,
        'Job not found',
        'job_not_found',
      );
  });
});

describe('the open addresses', () => {
  it.each(['/health/live', '/health/ready', '/docs', '/openapi.json'])('%s answers', async (path) => {
    expect((await app.api.get(path)).status).toBe(200);
  });

  it('lists the nine models, and one medium’s alone', async () => {
    const all = (await app.api.get('/models')).body as { items: { modelId: string }[]; nextCursor: null };
    expect(all.items.map(({ modelId }) => modelId).sort()).toEqual(
      [
        'flux-schnell',
        'sdxl',
        'nano-banana',
        'stability-video',
        'wan-2.5-t2v',
        'wan-2.5-t2v-fast',
        'veo-3.1',
        'veo-3.1-fast',
        'musicgen',
      ].sort(),
    );
    const audio = (await app.api.get('/models?mediaType=audio')).body as typeof all;
    expect(audio.items.map(({ modelId }) => modelId)).toEqual(['musicgen']);
  });

  it('refuses an unknown query by name', async () => {
    const { details } = expectError(
      await app.api.get('/models?colour=red'),
      400,
      'Invalid parameters',
      'invalid_parameters',
    );
    expect(details).toContain('colour');
  });
});
