import { randomUUID } from 'node:crypto';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { startApi } from '../http/api.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from './keyed-api.js';
import { IMAGE } from './owned-things.js';

jest.setTimeout(60_000);

const STUDIO = 'https://studio.example';

let keyed: KeyedApi;

beforeAll(async () => {
  keyed = await startKeyedApi({ CORS_ORIGINS: STUDIO });
});

afterAll(() => keyed.close());

interface Raw {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A GET with these headers and no other; fetch would not send all of them. */
const rawGet = (path: string, headers: OutgoingHttpHeaders, sent?: string): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const asking = request(keyed.api.url + path, { headers }, (answer) => {
      text(answer).then(
        (body) => resolve({ status: answer.statusCode, headers: answer.headers, body }),
        reject,
      );
    });
    asking.on('error', reject).end(sent);
  });

describe('every answer', () => {
  const PAGE_POLICY = /default-src 'self'.*frame-ancestors 'self'/;
  const DATA_POLICY = /^default-src 'none';frame-ancestors 'none'$/;

  it.each([
    ['/docs', PAGE_POLICY],
    ['/docs/swagger-ui.css', PAGE_POLICY],
    ['/docsearch', DATA_POLICY],
    ['/openapi.json', DATA_POLICY],
    ['/jobs', DATA_POLICY],
    ['/nowhere', DATA_POLICY],
    ['/health/live', DATA_POLICY],
    [`/status/${randomUUID()}`, DATA_POLICY],
  ])('of %s carries the headers that protect it, and none that names the server', async (path, policy) => {
    const { headers } = await keyed.api.client.get(path, { 'x-api-key': ADMIN_KEY });
    expect(headers.get('content-security-policy')).toMatch(policy);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
  });

  it('of a status that is kept carries them too', async () => {
    const made = await callWith(keyed.api.client, ADMIN_KEY, 'POST', '/generate-media', IMAGE);
    const { jobId } = made.body as { jobId: string };
    await callWith(keyed.api.client, ADMIN_KEY, 'POST', `/jobs/${jobId}/cancel`);
    const { headers } = await callWith(keyed.api.client, ADMIN_KEY, 'GET', `/status/${jobId}`);
    expect(headers.get('x-cache')).toBe('memory');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('of a status is the same however it is asked for: by a page elsewhere, or with a body', async () => {
    const made = await callWith(keyed.api.client, ADMIN_KEY, 'POST', '/generate-media', IMAGE);
    const { jobId } = made.body as { jobId: string };
    await callWith(keyed.api.client, ADMIN_KEY, 'POST', `/jobs/${jobId}/cancel`);
    const poll = { ...{ host: new URL(keyed.api.url).host, 'x-api-key': ADMIN_KEY }, 'x-request-id': 'poll' };
    const [plain, ...others] = await Promise.all([
      rawGet(`/status/${jobId}`, poll),
      rawGet(`/status/${jobId}`, { ...poll, origin: STUDIO }),
      rawGet(`/status/${jobId}`, { ...poll, 'content-length': '2' }, '{}'),
    ]);
    const names = ({ headers }: Raw) =>
      Object.keys(headers)
        .filter((name) => !/^(access-control-.*|connection|keep-alive)$/.test(name))
        .sort();
    expect(plain.headers).toMatchObject({ vary: 'Origin', 'x-request-id': 'poll', 'x-cache': 'memory' });
    for (const other of others) {
      expect([other.status, other.body]).toEqual([200, plain.body]);
      expect(names(other)).toEqual(names(plain));
    }
  });

  it('leaves Swagger UI all it needs: its own scripts and styles, and no other', async () => {
    const page = await keyed.api.client.get('/docs');
    const scripts = [...page.text.matchAll(/<script([^>]*)>([^<]*)/g)];
    expect(scripts.length).toBeGreaterThan(1);
    for (const [, attributes, inline] of scripts) expect([attributes, inline!.trim()]).toEqual([SRC, '']);
    expect(page.headers.get('content-security-policy')).toMatch(
      /script-src 'self';.*style-src [^;]*'unsafe-inline'/,
    );
    expect(page.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string) =>
    keyed.api.client.call('OPTIONS', '/generate-media', {
      headers: {
        ...{ origin, 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'x-api-key,content-type',
      },
    });

  it('may call when it is named, and read what it needs', async () => {
    const asked = await preflight(STUDIO);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(STUDIO);
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-api-key');
    const answer = await keyed.api.client.get('/jobs', { origin: STUDIO, 'x-api-key': ADMIN_KEY });
    expect(answer.headers.get('access-control-allow-origin')).toBe(STUDIO);
    expect(answer.headers.get('access-control-expose-headers')).toContain('ratelimit-remaining');
    const refused = await keyed.api.client.get('/jobs', { origin: STUDIO });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, STUDIO]);
  });

  it('may not when it is not named, or when none is', async () => {
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const closed = await startApi({ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'false' });
    const { headers } = await closed.client.get('/jobs', { origin: STUDIO });
    await closed.close();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('secrets', () => {
  it('are never printed: not as they are used, nor when something fails', async () => {
    const secrets = {
      ADMIN_API_KEY: 'canary-admin-key-0001',
      DATABASE_URL: 'postgres://app:canary-password@127.0.0.1:9/none',
      REDIS_CACHE_URL: 'redis://app:canary-redis@127.0.0.1:9',
      REPLICATE_API_TOKEN: 'canary-replicate-token',
      REPLICATE_WEBHOOK_SECRET: `whsec_${'canary00'.repeat(4)}`,
    };
    const api = await startApi({ ...secrets, AUTH_REQUIRED: 'true' });
    const headers = {
      'x-api-key': secrets.ADMIN_API_KEY,
      ...{ authorization: 'Bearer canary.bearer.token', 'webhook-signature': 'v1,canary-signature' },
    };
    const answers = await Promise.all([
      api.client.get('/jobs?key=canary-query', headers),
      api.client.post('/generate-media', IMAGE, headers),
      api.client.get('/jobs', { 'x-api-key': `vsl_0123456789ab_${'canary_'.repeat(6)}x` }),
      api.client.get('/jobs', { 'x-api-key': 'canary-wrong-key' }),
      api.client.get('/jobs', { authorization: 'Bearer canary.bearer.token' }),
      api.client.post('/webhook/replicate', {}, headers),
    ]);
    await api.close();
    expect(answers.map(({ status }) => status)).toEqual([400, 503, 503, 401, 401, 401]);
    expect(api.lines().length).toBeGreaterThan(6);
    expect(api.printed()).not.toMatch(/canary/i);
    expect(answers.map(({ text }) => text).join('')).not.toMatch(/canary-(?!query)/i);
  });
});

/** A script of the page's own folder. */
const SRC: unknown = expect.stringMatching(/^ src="\.\/[\w./-]+"( charset="UTF-8")?$/);
