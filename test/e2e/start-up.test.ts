import { startTestApp, type TestApp } from '../support/app.js';
import { AppProcess, type Environment } from '../support/app-process.js';

jest.setTimeout(60_000);

const adminKey = 'a-bootstrap-key-of-the-tests';
const plain = {
  version: 'c846a69991daf4c0e5d016514849d14ee5b2e6846ce6b9d6f21369e564cfe51e',
  pricing: 0.05,
  estimatedTime: 60,
  supportedParams: ['prompt', 'width', 'height', 'num_outputs'],
  defaults: { width: 512, height: 512 },
};

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    env: {
      AUTH_REQUIRED: 'true',
      ADMIN_API_KEY: adminKey,
      MODELS_CONFIG: JSON.stringify({ image: { 'plain-model': plain } }),
    },
    simulator: { unknownInput: 'accept' },
  });
});
afterAll(() => app.stop());

describe('where a key is required', () => {
  const request = { mediaType: 'image', modelId: 'plain-model', userId: 'keys', prompt: 'Keys' };

  it.each([
    ['no key', {}],
    ['another key', { 'x-api-key': 'another-key-of-the-same-sort' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a token that is none', { authorization: 'Bearer x.y.z' }],
    ['the key in the wrong header', { authorization: adminKey }],
  ])('a caller with %s is refused everywhere', async (_, headers: Record<string, string>) => {
    for (const [method, path] of [
      ...[
        ['POST', '/generate-media'],
        ['POST', '/generate-media/estimate'],
        ['GET', '/jobs'],
        ['GET', '/models'],
      ],
      ...[
        ['GET', '/status/01234567-89ab-4def-8123-456789abcdef'],
        ['GET', '/jobs/x/events'],
        ['POST', '/jobs/x/cancel'],
      ],
    ] as [string, string][]) {
      const answer = await app.api.call(method, path, {
        headers,
        ...(method === 'POST' ? { body: request } : {}),
      });
      expect([path, answer.status, answer.body]).toMatchObject([
        path,
        401,
        { error: 'Unauthorized', code: 'unauthorized' },
      ]);
    }
    const { rows } = await app.database.query('SELECT 1 FROM replicate.jobs');
    expect(rows).toEqual([]);
  });

  it.each(['/health/live', '/health/ready', '/docs', '/openapi.json'])('%s stays open', async (path) => {
    expect((await app.api.get(path)).status).toBe(200);
  });

  it('a webhook needs its signature only', async () => {
    expect((await app.api.post('/webhook/replicate', '{}')).status).toBe(401);
  });
});

describe('a model in the plain form', () => {
  const headers = { 'x-api-key': adminKey };
  const generate = (change: object = {}) =>
    app.api.post(
      '/generate-media',
      { mediaType: 'image', modelId: 'plain-model', userId: 'plain', prompt: 'Plain', ...change },
      { ...headers, prefer: 'wait=30' },
    );

  it('runs end to end, with its defaults and its flat price', async () => {
    const answer = await generate();
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { status: 'completed', estimatedCost: 0.05, actualCost: 0.05 },
    ]);
    const { jobId } = answer.body as { jobId: string };
    const job = await app.api.get(`/jobs/${jobId}`, headers);
    expect(job.body).toMatchObject({ parameters: { width: 512, height: 512, prompt: 'Plain' } });
  });

  it('takes no parameter that it does not name', async () => {
    const answer = await generate({ parameters: { colour: 'red' } });
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'invalid_parameters' }]);
    expect(answer.text).toContain('colour');
  });

  it('shows itself like any other', async () => {
    const answer = await app.api.get('/models/plain-model', headers);
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { modelId: 'plain-model', mediaType: 'image', estimatedTime: 60, defaults: plain.defaults },
    ]);
  });
});

describe('a wrong set-up', () => {
  const end = async (role: 'api' | 'worker' | 'migrate', change: Environment) =>
    new AppProcess(role, { ...app.env, PORT: '0', ...change }).ended;

  it.each(['api', 'worker'] as const)('of variables stops the %s with every fault told', async (role) => {
    const { code, output } = await end(role, {
      ...{
        PORT: 'x',
        STAGE: 'moon',
        DATABASE_URL: 'mysql://x',
        REDIS_URL: '',
        REPLICATE_WEBHOOK_SECRET: 'secret',
      },
      ...{
        S3_BUCKET: '',
        AUTH_REQUIRED: 'maybe',
        RATE_LIMIT_PER_HOUR: '0',
        MEDIA_URLS: 'private',
        LOG_LEVEL: 'loud',
      },
    });
    expect(code).toBe(1);
    for (const name of [
      'PORT',
      'STAGE',
      'DATABASE_URL',
      'REDIS_URL',
      'REPLICATE_WEBHOOK_SECRET',
      'S3_BUCKET',
      'AUTH_REQUIRED',
      'RATE_LIMIT_PER_HOUR',
      'MEDIA_URLS',
      'LOG_LEVEL',
    ])
      expect(output).toMatch(new RegExp(`^- ${name} `, 'm'));
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('that opens production to everybody is refused', async () => {
    const { code, output } = await end('api', { STAGE: 'prod', AUTH_REQUIRED: 'false' });
    expect(code).toBe(1);
    expect(output).toContain('AUTH_REQUIRED');
  });

  it.each(['api', 'worker'] as const)(
    'of the models stops the %s with every fault told, alone',
    async (role) => {
      const { code, output } = await end(role, {
        MODELS_CONFIG: JSON.stringify({
          image: {
            one: { ...plain, pricing: -1 },
            two: { ...plain, estimatedTime: 'long', defaults: { colour: 1 } },
            three: { ...plain, successor: 'four' },
          },
        }),
      });
      expect(code).toBe(1);
      expect(output.trim().split('\n')).toEqual([
        'The model registry (MODELS_CONFIG) cannot be used:',
        expect.stringMatching(/^- .*one.*pricing/),
        expect.stringMatching(/^- .*two.*estimatedTime/),
        expect.stringMatching(/^- .*three.*successor/),
        expect.stringMatching(/^- .*two.*colour/),
      ]);
    },
  );

  it('of variables and models stops the API with the faults of both told', async () => {
    const models = JSON.stringify({ image: { one: { ...plain, pricing: -1 } } });
    const { code, output } = await end('api', { PORT: 'x', MODELS_CONFIG: models });
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toEqual([
      'The configuration has 1 fault:',
      expect.stringMatching(/^- PORT /),
      'The model registry (MODELS_CONFIG) cannot be used:',
      expect.stringMatching(/^- .*one.*pricing/),
    ]);
  });

  it.each([
    ['JSON that is cut short', { MODELS_CONFIG: '{"image":' }],
    ['a file that is not there', { MODELS_CONFIG: '', MODELS_CONFIG_FILE: 'nowhere/models.json' }],
  ])('of %s stops the API', async (_, change) => {
    const { code, output } = await end('api', change);
    expect(code).toBe(1);
    expect(output).toContain('MODELS_CONFIG');
  });

  it('of the database stops the migration', async () => {
    const { code, output } = await end('migrate', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(code).toBe(1);
    expect(output).not.toBe('');
  });
});
