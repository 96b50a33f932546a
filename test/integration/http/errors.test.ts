import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { Answer } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { startApi, type RunningApi } from './api.js';

jest.setTimeout(60_000);

const secret = `whsec_${Buffer.from('a key of the tests alone').toString('base64')}`;
const valid = { mediaType: 'image', modelId: 'flux-schnell', userId: 'producer-1', prompt: 'a lighthouse' };

let db: TestDatabase;
let proxy: TcpProxy;
let api: RunningApi;

beforeAll(async () => {
  db = await startTestDatabase();
  proxy = await startTcpProxy('127.0.0.1', Number(new URL(db.url).port));
  api = await startApi({
    DATABASE_URL: throughPort(db.url, proxy.port),
    REPLICATE_WEBHOOK_SECRET: secret,
    AUTH_REQUIRED: 'false',
    MODELS_CONFIG_FILE: 'config/models.json',
  });
});

afterAll(async () => {
  await api.close();
  await db.close();
  await proxy.close();
});

async function countOf(table: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM replicate.${table}`);
  return rows[0]!.n;
}

/** Asserts the one shape of every error. */
function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body]).toEqual([
    status,
    expect.objectContaining({
      error: expect.any(String) as string,
      details: expect.any(String) as string,
      code,
      requestId: answer.headers.get('x-request-id'),
    }),
  ]);
}

const raw = (body: string, type = 'application/json') =>
  api.client.call('POST', '/generate-media', { body, headers: { 'content-type': type } });

const rawBytes = (body: Buffer) =>
  fetch(`${api.url}/generate-media`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  }).then(async (response): Promise<Answer> => {
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as unknown };
  });

const posted = (change: object, headers: Record<string, string> = {}) =>
  api.client.post('/generate-media', { ...valid, ...change }, headers);

const after = (place: string) => api.client.get(`/jobs?cursor=${Buffer.from(place).toString('base64url')}`);

/** What the API answers to bytes on a bare connection, until it closes it. */
async function answerTo(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined).write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('an error', () => {
  it.each([
    ['an unknown path', () => api.client.get('/nowhere'), 404, 'not_found'],
    ['an unknown method of a path', () => api.client.call('PUT', '/generate-media'), 404, 'not_found'],
    ['an unknown job', () => api.client.get(`/status/${randomUUID()}`), 404, 'job_not_found'],
    ['what can be no job', () => api.client.get('/status/x'), 404, 'job_not_found'],
    ['an unknown model', () => api.client.get('/models/nope'), 404, 'model_not_found'],
    ['broken JSON', () => raw('{"a":'), 400, 'invalid_parameters'],
    ['an empty body', () => raw(''), 400, 'invalid_parameters'],
    ['a poisoned prototype', () => raw('{"__proto__":{"a":1}}'), 400, 'invalid_parameters'],
    ['nothing at all', () => api.client.post('/generate-media', {}), 400, 'invalid_parameters'],
    [
      'an estimate of nothing',
      () => api.client.post('/generate-media/estimate', {}),
      400,
      'invalid_parameters',
    ],
    ['a modelId that is a number', () => posted({ modelId: 5 }), 400, 'invalid_parameters'],
    ['a field that breaks validators', () => posted({ constructor: null }), 400, 'invalid_parameters'],
    ['a field named as a part of objects', () => posted({ hasOwnProperty: 5 }), 400, 'invalid_parameters'],
    [
      'bytes that are not UTF-8',
      () => rawBytes(Buffer.from('{"a":"\xff"}', 'latin1')),
      400,
      'invalid_parameters',
    ],
    ['text', () => raw('hello', 'text/plain'), 415, 'unsupported_media_type'],
    ['a form', () => raw('a=1', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type'],
    ['a type that is none', () => raw('{}', 'json'), 415, 'unsupported_media_type'],
    ['XML', () => raw('<a/>', 'application/xml'), 415, 'unsupported_media_type'],
    ['a body of 3 MiB', () => raw(JSON.stringify({ a: 'x'.repeat(3 << 20) })), 413, 'payload_too_large'],
    ['a limit of 0', () => api.client.get('/jobs?limit=0'), 400, 'invalid_parameters'],
    ['a limit of 101', () => api.client.get('/jobs?limit=101'), 400, 'invalid_parameters'],
    ['a limit in base 16', () => api.client.get('/jobs?limit=0x10'), 400, 'invalid_parameters'],
    ['a limit of blanks', () => api.client.get('/jobs?limit=%20'), 400, 'invalid_parameters'],
    ['an unknown filter', () => api.client.get('/jobs?colour=red'), 400, 'invalid_parameters'],
    ['a filter given twice', () => api.client.get('/jobs?userId=a&userId=b'), 400, 'invalid_parameters'],
    ['a time that is none', () => api.client.get('/jobs?from=yesterday'), 400, 'invalid_parameters'],
    ['a week', () => api.client.get('/jobs?from=2026-W01'), 400, 'invalid_parameters'],
    [
      'a time in the basic format',
      () => api.client.get('/jobs?to=20260101T000000Z'),
      400,
      'invalid_parameters',
    ],
    ['an empty user', () => api.client.get('/jobs?userId='), 400, 'invalid_parameters'],
    ['an empty model', () => api.client.get('/jobs?modelId='), 400, 'invalid_parameters'],
    ['a user with NUL', () => api.client.get('/jobs?userId=%00'), 400, 'invalid_parameters'],
    ['a model with NUL', () => api.client.get('/jobs?modelId=%00'), 400, 'invalid_parameters'],
    ['a filter named __proto__', () => api.client.get('/jobs?__proto__=x'), 400, 'invalid_parameters'],
    ['a filter named constructor', () => api.client.get('/models?constructor=x'), 400, 'invalid_parameters'],
    [
      'a cursor of dashes',
      () => after(`2026-01-01T00:00:00.000Z|${'-'.repeat(36)}`),
      400,
      'invalid_parameters',
    ],
    [
      'a cursor of 31 February',
      () => after(`2026-02-31T00:00:00.000Z|${randomUUID()}`),
      400,
      'invalid_parameters',
    ],
    [
      'a cursor of the year 0',
      () => after(`0000-01-01T00:00:00.000Z|${randomUUID()}`),
      400,
      'invalid_parameters',
    ],
    ['a path that cannot be decoded', () => api.client.get('/status/%ZZ'), 400, 'invalid_parameters'],
    ['a path cut in a character', () => api.client.get('/jobs/%E0%A4%A'), 400, 'invalid_parameters'],
    ['a path without end', () => api.client.get(`/status/${'a'.repeat(8_000)}`), 404, 'job_not_found'],
    ['a model without end', () => api.client.get(`/models/${'a'.repeat(8_000)}`), 404, 'model_not_found'],
    ['a key given twice', () => posted({}, { 'idempotency-key': 'a, b' }), 400, 'invalid_parameters'],
  ])('for %s has the one shape', async (_what, call, status, code) => {
    expectError(await call(), status, code);
  });

  it('names every fault of a request at once, and nothing is stored', async () => {
    const before = [await countOf('jobs'), await countOf('outbox')];
    const body = { ...valid, userId: 'a b', webhook: 'x', parameters: { seed: -1, num_outputs: 9 } };
    const answer = await api.client.post('/generate-media', body);
    expectError(answer, 400, 'invalid_parameters');
    const { issues } = answer.body as { issues: { path: string }[] };
    expect(issues.map(({ path }) => path).sort()).toEqual([
      'parameters.num_outputs',
      'parameters.seed',
      'userId',
      'webhook',
    ]);
    expect([await countOf('jobs'), await countOf('outbox')]).toEqual(before);
  });

  it('tells its request’s id, the client’s where that is fit', async () => {
    const own = await api.client.get('/nowhere', { 'x-request-id': 'mine-1' });
    expect(own.headers.get('x-request-id')).toBe('mine-1');
    expect(own.body).toMatchObject({ requestId: 'mine-1' });
    for (const unfit of ['a b', 'x'.repeat(129), '"quoted"']) {
      const answer = await api.client.get('/nowhere', { 'x-request-id': unfit });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it.each([
    ['that is no header', 'GET / HTTP/1.1\r\nbroken\r\n\r\n', 400, 'invalid_parameters'],
    ['that is no HTTP', 'hello\r\n\r\n', 400, 'invalid_parameters'],
    ['without a host', 'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalid_parameters'],
    [
      'with two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'invalid_parameters',
    ],
    ['of 20 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_480)}\r\n\r\n`, 431, 'headers_too_large'],
  ])(
    'in a head %s is told in the one shape and costs no other request',
    async (_what, bytes, status, code) => {
      const [head = '', body = ''] = (await answerTo(bytes)).split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      const requestId = /^x-request-id: ([0-9a-f-]{36})$/im.exec(head)?.[1];
      expect(requestId).toBeDefined();
      expect(JSON.parse(body)).toMatchObject({ error: expect.any(String) as string, code, requestId });
      expect((await api.client.get('/health/live')).status).toBe(200);
    },
  );

  it.each([
    ['Prefer', 'wait=1', 202],
    ['Idempotency-Key', 'twice', 400],
    ['X-API-Key', 'a-key', 401],
    ['Authorization', 'Bearer x', 202],
    ['X-Request-Id', 'twice', 202],
    ['Content-Type', 'text/plain', 202],
    ['Accept', '\u0080\u00ff', 202],
    ['X-Forwarded-For', '127.0.0.1', 202],
  ])('is not a %s given twice, which is answered', async (name, value, status) => {
    const body = JSON.stringify(valid);
    const head = [
      'POST /generate-media HTTP/1.1',
      'host: a',
      'connection: close',
      'content-type: application/json',
    ];
    const twice = [`${name}: ${value}`, `${name}: ${value}`, `content-length: ${body.length}`];
    const answer = await answerTo([...head, ...twice, '', body].join('\r\n'));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('is not an expectation that cannot be met', async () => {
    const head = 'GET /health/live HTTP/1.1\r\nhost: a\r\nexpect: tea\r\nconnection: close\r\n\r\n';
    expect(await answerTo(head)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['the body', (many: string) => `{${many}}`],
    ['its parameters', (many: string) => `{"parameters":{${many}}}`],
  ])('in as many fields of %s as fit is told', async (_what, bodyOf) => {
    const many = Array.from({ length: 150_000 }, (_, index) => `"f${index}":1`).join();
    expectError(await raw(bodyOf(many)), 400, 'invalid_parameters');
  });

  it('in as many items as fit is told', async () => {
    const list = Array.from({ length: 900_000 }, () => 1).join();
    const body = `{"mediaType":"image","modelId":"nano-banana","userId":"a","parameters":{"image_input":[${list}]}}`;
    expectError(await raw(body), 400, 'invalid_parameters');
  });

  it('of nesting is told, whatever lies deep inside and with an Idempotency-Key too', async () => {
    for (const levels of [65, 5_000, 500_000]) {
      const body = `{"parameters":{"seed":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
      const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
      expectError(
        await api.client.call('POST', '/generate-media', { body, headers }),
        400,
        'invalid_parameters',
      );
    }
  });
});

describe('a request', () => {
  it('is logged with its id, its path without the query, its status and how long it took', async () => {
    await api.client.get('/nowhere?key=canary-31', { 'x-request-id': 'logged-1' });
    const line = await eventually(
      async () => api.lines().find((one) => one.requestId === 'logged-1' && one.action === 'request'),
      (one) => one !== undefined,
    );
    expect(line).toMatchObject({ method: 'GET', path: '/nowhere', status: 404 });
    expect(line!.duration).toEqual(expect.any(Number));
    expect(api.printed()).not.toContain('canary-31');
  });
});

describe('a route without a body', () => {
  const json = { 'content-type': 'application/json' };
  const call = (action: string, body?: string, headers: Record<string, string> = json) =>
    api.client.call('POST', `/jobs/${randomUUID()}/${action}`, { body, headers });

  it.each(['cancel', 'retry'])('takes %s with nothing, an empty body or an empty object', async (action) => {
    expectError(await call(action, undefined, {}), 404, 'job_not_found');
    for (const body of [undefined, '', '{}']) expectError(await call(action, body), 404, 'job_not_found');
  });

  it.each(['cancel', 'retry'])('refuses the fields of %s by name', async (action) => {
    const answer = await call(action, '{"reason":"x","__proto":1}');
    expectError(answer, 400, 'invalid_parameters');
    const { issues } = answer.body as { issues: { path: string }[] };
    expect(issues.map(({ path }) => path)).toEqual(['reason', '__proto']);
    for (const body of ['[]', 'null', '5']) expectError(await call(action, body), 400, 'invalid_parameters');
  });
});

describe('a webhook', () => {
  function signed(body: string, facts: { id?: string; secondsAgo?: number; key?: string } = {}) {
    const { id = `msg_${randomUUID()}`, secondsAgo = 0, key = secret } = facts;
    const timestamp = String(Math.floor(Date.now() / 1000) - secondsAgo);
    const mac = createHmac('sha256', Buffer.from(key.slice(6), 'base64'));
    const signature = mac.update(`${id}.${timestamp}.${body}`).digest('base64');
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
  }

  const deliver = (body: string, headers: Record<string, string>, query = '') =>
    api.client.call('POST', `/webhook/replicate${query}`, { body, headers });

  const aBody = () => `{ "id": "${randomUUID()}",  "status": "starting" }`;

  it('is stored before it is answered, once', async () => {
    const body = aBody();
    const headers = signed(body);
    for (let time = 0; time < 3; time += 1) {
      const answer = await deliver(body, headers, `?job=${randomUUID()}&nonce=n`);
      expect([answer.status, answer.body]).toEqual([200, { received: true }]);
    }
    const { rows } = await db.pool.query('SELECT body FROM replicate.webhook_inbox WHERE webhook_id = $1', [
      headers['webhook-id'],
    ]);
    expect(rows).toEqual([{ body }]);
  });

  it.each([
    ['without a signature', () => ({ 'content-type': 'application/json' })],
    ['that is six minutes old', (body: string) => signed(body, { secondsAgo: 360 })],
    ['from the future', (body: string) => signed(body, { secondsAgo: -360 })],
    ['of another body', () => signed('{}')],
    [
      'by another key',
      (body: string) => signed(body, { key: `whsec_${Buffer.from('x'.repeat(24)).toString('base64')}` }),
    ],
  ])('%s is refused and leaves nothing', async (_what, headersOf) => {
    const before = [await countOf('webhook_inbox'), await countOf('outbox')];
    const body = aBody();
    expectError(await deliver(body, headersOf(body)), 401, 'unauthorized');
    expect([await countOf('webhook_inbox'), await countOf('outbox')]).toEqual(before);
  });

  it('of another type is refused, for its bytes cannot be verified', async () => {
    const body = aBody();
    const headers = { ...signed(body), 'content-type': 'text/plain' };
    expectError(await deliver(body, headers), 415, 'unsupported_media_type');
  });

  it('without a body is refused', async () => {
    expectError(await deliver('', signed('')), 400, 'invalid_parameters');
    expectError(await deliver('', { 'content-type': 'application/json' }), 401, 'unauthorized');
  });

  it('well signed but no prediction is refused', async () => {
    expectError(await deliver('{"a":1}', signed('{"a":1}')), 400, 'invalid_parameters');
  });

  it('that names what can be no job is stored without one', async () => {
    const body = aBody();
    const headers = signed(body);
    expect((await deliver(body, headers, `?job=' OR 1=1`)).status).toBe(200);
    const { rows } = await db.pool.query('SELECT job_id FROM replicate.webhook_inbox WHERE webhook_id = $1', [
      headers['webhook-id'],
    ]);
    expect(rows).toEqual([{ job_id: null }]);
  });
});

describe('without PostgreSQL', () => {
  beforeAll(() => proxy.down());
  afterAll(() => proxy.heal());

  it.each([
    ['a generation', () => api.client.post('/generate-media', valid)],
    ['a status that nobody has', () => api.client.get(`/status/${randomUUID()}`)],
    ['a list', () => api.client.get('/jobs')],
    ['a job', () => api.client.get(`/jobs/${randomUUID()}`)],
    ['a cancel', () => api.client.post(`/jobs/${randomUUID()}/cancel`)],
    ['events', () => api.client.get(`/jobs/${randomUUID()}/events`)],
  ])('%s is answered 503 with the time to wait', async (_what, call) => {
    const answer = await call();
    expectError(answer, 503, 'service_unavailable');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.body).toMatchObject({ retryAfter: 2 });
  });

  it('an estimate and the models are answered', async () => {
    expect((await api.client.post('/generate-media/estimate', valid)).status).toBe(200);
    expect((await api.client.get('/models')).status).toBe(200);
  });

  it('the process lives, is not ready, and says what is down', async () => {
    expect((await api.client.get('/health/live')).status).toBe(200);
    const ready = await api.client.get('/health/ready');
    expect([ready.status, ready.body]).toMatchObject([503, { status: 'unavailable', down: ['postgres'] }]);
  });

  it('no error tells what the driver said', async () => {
    const { text } = await api.client.post('/generate-media', valid);
    expect(text).not.toMatch(/ECONN|connect|postgres|127\.0\.0\.1|at \w+/i);
  });
});

describe('an API that stops', () => {
  it('tells what comes late over an open connection to come back', async () => {
    const stopping = await startApi({
      DATABASE_URL: db.url,
      REPLICATE_WEBHOOK_SECRET: secret,
      AUTH_REQUIRED: 'false',
    });
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((sent) => socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\n', () => sent()));
    await eventually(
      async () => stopping.client.get('/health/live'),
      ({ status }) => status === 200,
    );
    const closed = stopping.close();
    await eventually(
      async () => fetch(`${stopping.url}/health/live`).catch(() => 'refused'),
      (answer) => answer === 'refused',
    );
    socket.write('\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    await closed;
    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1/i);
    expect(JSON.parse(body)).toMatchObject({ code: 'service_unavailable', retryAfter: 1 });
  });
});
