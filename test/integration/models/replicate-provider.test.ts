import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReplicateProvider, type PredictionRequest } from '../../../src/models/replicate.provider.js';

const TOKEN = 'r8_canary';
/** About a minute in which the provider created something. */
const span = [new Date('2026-01-02T03:04:05.006Z'), new Date('2026-01-02T03:05:05.006Z')] as const;
const HASH = 'ab'.repeat(32);

const prediction = (facts: object = {}) => ({
  id: 'p1',
  model: 'owner/name',
  status: 'starting',
  input: { prompt: 'a lighthouse' },
  output: null,
  error: null,
  urls: {},
  ...facts,
});

interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

type Answer = (request: Received, response: ServerResponse) => void;

let server: Server;
let received: Received[];
let answers: Answer[];
let provider: ReplicateProvider;

/** Gives the answers in turn, the last one again and again. */
beforeEach(async () => {
  received = [];
  answers = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const text = Buffer.concat(chunks).toString();
      const seen = { method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      received.push(seen);
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      answer(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider = new ReplicateProvider(`${baseOf(server)}/v1`, TOKEN);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const baseOf = (one: Server) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

const html =
  (status: number): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
  };

const cut: Answer = (_request, response) => {
  response.socket!.resetAndDestroy();
};

const cutInTheBody: Answer = (_request, response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"id":"p1","status":');
  setTimeout(() => response.socket!.resetAndDestroy(), 20);
};

const official: PredictionRequest = {
  kind: 'official',
  model: 'owner/name',
  version: null,
  input: { prompt: 'a lighthouse' },
  webhookUrl: 'https://media.example/webhook/replicate?job=j1&nonce=n1',
  cancelAfterSeconds: 900,
};

const community: PredictionRequest = { ...official, kind: 'community', version: HASH };

describe('a create', () => {
  it('of an official model goes to the model, with all that ties it to its job', async () => {
    answers = [json(201, prediction())];
    expect(await provider.create(official)).toMatchObject({
      kind: 'created',
      prediction: { id: 'p1', status: 'starting' },
    });
    expect(received).toEqual([
      {
        method: 'POST',
        url: '/v1/models/owner/name/predictions',
        headers: expect.objectContaining({
          authorization: `Bearer ${TOKEN}`,
          'cancel-after': '900s',
          'content-type': 'application/json',
        }) as object,
        body: {
          input: official.input,
          webhook: official.webhookUrl,
          webhook_events_filter: ['start', 'completed'],
        },
      },
    ]);
  });

  it('goes over a connection of its own, which no server can have closed before', async () => {
    const connections: unknown[] = [];
    server.on('connection', (socket) => connections.push(socket));
    answers = [json(201, prediction())];
    for (let creates = 0; creates < 3; creates += 1) await provider.create(official);
    expect(connections).toHaveLength(3);
    expect(received.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
  });

  it('of a community model goes by its version', async () => {
    answers = [json(201, prediction())];
    expect((await provider.create(community)).kind).toBe('created');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ url: '/v1/predictions', body: { version: HASH } });
  });

  it.each([200, 201, 202])('answered with %i and a prediction is created', async (status) => {
    answers = [json(status, prediction({ status: 'processing' }))];
    expect(await provider.create(official)).toMatchObject({
      kind: 'created',
      prediction: { status: 'processing' },
    });
  });

  it.each<[string, Answer]>([
    ['connection that dies after the request', cut],
    ['connection that dies within the answer', cutInTheBody],
    ['500', json(500, { detail: 'x' })],
    ['502 in HTML', html(502)],
    ['503', json(503, {})],
    ['504', html(504)],
    ['408', json(408, {})],
    ['200 in HTML', html(200)],
    ['200 without a prediction', json(200, {})],
    ['201 with null', json(201, null)],
    ['redirect', json(307, {}, { location: '/v1/elsewhere' })],
  ])('answered with a %s is unclear and is not sent again', async (_what, answer) => {
    answers = [answer];
    expect((await provider.create(official)).kind).toBe('unclear');
    expect(received).toHaveLength(1);
  });

  it('that cannot reach the provider was not sent, and is postponed', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const base = baseOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const outcome = await new ReplicateProvider(`${base}/v1`, TOKEN).create(official);
    expect(outcome).toEqual({
      kind: 'postponed',
      because: 'unreachable',
      afterSeconds: 5,
      detail: 'unsent: ECONNREFUSED',
    });
  });

  const inHalfAMinute = () => new Date(Date.now() + 30_000).toUTCString();

  it.each<[string, () => Answer, number, number]>([
    ['seconds in the header', () => json(429, { retry_after: 9 }, { 'retry-after': '7' }), 7, 7],
    ['a date in the header', () => json(429, {}, { 'retry-after': inHalfAMinute() }), 28, 31],
    ['a date that is past', () => json(429, {}, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }), 0, 0],
    [
      'the low-credit body',
      () => json(429, { detail: 'Request was throttled. … resets in ~5s.', status: 429, retry_after: 8 }),
      8,
      8,
    ],
    ['text', () => json(429, { detail: 'Request was throttled. Your rate limit resets in ~30s.' }), 30, 30],
    ['no time', () => json(429, { detail: 'Request was throttled.' }), 5, 5],
    ['odd times', () => json(429, { retry_after: 'soon', detail: 7 }, { 'retry-after': 'soon' }), 5, 5],
    ['a negative time', () => json(429, { retry_after: -5 }), 5, 5],
    ['a week', () => json(429, {}, { 'retry-after': '604800' }), 3_600, 3_600],
    ['HTML', () => html(429), 5, 5],
    ['null', () => json(429, null), 5, 5],
  ])('throttled with %s is postponed and sent once', async (_what, answer, least, most) => {
    answers = [answer()];
    const outcome = await provider.create(official);
    if (outcome.kind !== 'postponed') throw new Error(outcome.kind);
    expect(outcome.afterSeconds).toBeGreaterThanOrEqual(least);
    expect(outcome.afterSeconds).toBeLessThanOrEqual(most);
    expect(received).toHaveLength(1);
  });

  it.each([
    [401, { detail: 'Invalid or expired API token.' }],
    [401, { title: 'Unauthenticated', detail: 'You did not pass an authentication token', status: 401 }],
    [402, { title: 'Insufficient credit', detail: 'You have insufficient credit', status: 402 }],
  ])('refused with %i waits for the operator', async (status, body) => {
    answers = [json(status, body)];
    expect(await provider.create(official)).toMatchObject({
      kind: 'postponed',
      because: 'refused_account',
      afterSeconds: 60,
    });
    expect(received).toHaveLength(1);
  });

  it.each([400, 403, 404, 413, 422])('refused with %i is refused for good', async (status) => {
    answers = [json(status, { detail: '- input: prompt is required' })];
    expect(await provider.create(official)).toEqual({
      kind: 'refused',
      detail: `${status}: {"detail":"- input: prompt is required"}`,
    });
    expect(received).toHaveLength(1);
  });

  it('of a model that is not official after all goes by its version', async () => {
    answers = [json(404, { detail: 'The requested resource could not be found.' }), json(201, prediction())];
    expect((await provider.create({ ...official, version: HASH })).kind).toBe('created');
    expect(received.map(({ url }) => url)).toEqual(['/v1/models/owner/name/predictions', '/v1/predictions']);
    expect(received[1]!.body).toMatchObject({ version: HASH, webhook: official.webhookUrl });
    expect(received[1]!.headers['cancel-after']).toBe('900s');
  });

  it.each([
    ['refused', json(422, {}), 'refused'],
    ['cut', cut, 'unclear'],
    ['throttled', json(429, {}), 'postponed'],
  ] as const)('by its version, when that is %s, is not sent a third time', async (_what, answer, kind) => {
    answers = [json(404, {}), answer];
    expect((await provider.create({ ...official, version: HASH })).kind).toBe(kind);
    expect(received).toHaveLength(2);
  });

  it.each([500, 422, 429])('by name answered with %i is not tried by version', async (status) => {
    answers = [json(status, {})];
    await provider.create({ ...official, version: HASH });
    expect(received).toHaveLength(1);
  });

  it('tells the operator no more than a part of a long answer', async () => {
    answers = [json(422, { detail: 'x'.repeat(100_000) })];
    const outcome = await provider.create(official);
    expect('detail' in outcome && outcome.detail.length).toBeLessThan(600);
  });
});

describe('the token', () => {
  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i) to another host', async (status) => {
    const elsewhere: IncomingMessage[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(request);
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    answers = [json(status, {}, { location: `${baseOf(other)}/steal` })];
    await provider.create(official);
    await provider.get('p1').catch(() => undefined);
    await provider.listBetween(...span).catch(() => undefined);
    expect(received).toHaveLength(3);
    expect(elsewhere).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });

  it('is in no error', async () => {
    answers = [json(401, { detail: 'Invalid or expired API token.' })];
    const error: unknown = await provider.get('p1').catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error as Error))).not.toContain(TOKEN);
    const outcome = await provider.create(official);
    expect(JSON.stringify(outcome)).not.toContain(TOKEN);
  });

  it('does not follow the next page of a list to another host', async () => {
    answers = [
      json(200, { results: [prediction()], next: 'http://evil.example/v1/predictions?cursor=c2' }),
      json(200, { results: [], next: null }),
    ];
    await provider.listBetween(...span);
    expect(received.map(({ url }) => url).at(-1)).toBe('/v1/predictions?cursor=c2');
  });
});

describe('a prediction asked for', () => {
  it('is read, by an id that cannot leave its place in the path', async () => {
    answers = [json(200, prediction({ status: 'succeeded', output: 'https://a/1' }))];
    expect(await provider.get('a/b?c')).toMatchObject({ status: 'succeeded', outputs: ['https://a/1'] });
    expect(received[0]).toMatchObject({ method: 'GET', url: '/v1/predictions/a%2Fb%3Fc' });
  });

  it('that the provider does not know is undefined', async () => {
    answers = [json(404, { detail: 'The requested resource could not be found.' })];
    expect(await provider.get('p1')).toBeUndefined();
    expect(await provider.cancel('p1')).toBeUndefined();
  });

  it.each<[string, Answer]>([
    ['a dead connection', cut],
    ['500', json(500, {})],
    ['502 in HTML', html(502)],
    ['200 in HTML', html(200)],
    ['429', json(429, {})],
    ['401', json(401, {})],
    ['another shape', json(200, { id: 5 })],
    ['null', json(200, null)],
  ])('and answered with %s is to be asked again, not gone', async (_what, answer) => {
    answers = [answer];
    for (const asked of [provider.get('p1'), provider.cancel('p1')])
      await expect(asked).rejects.toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(received).toHaveLength(2);
  });

  it('is canceled by one POST', async () => {
    answers = [json(200, prediction({ status: 'canceled' }))];
    expect(await provider.cancel('p1')).toMatchObject({ status: 'canceled' });
    expect(received).toMatchObject([{ method: 'POST', url: '/v1/predictions/p1/cancel' }]);
  });
});

describe('the list of predictions', () => {
  it('is read page by page between two times', async () => {
    const next = `${baseOf(server)}/v1/predictions?cursor=c2&created_after=x`;
    answers = [
      json(200, { results: [prediction({ id: 'p3' }), { odd: true }, null], next, previous: null }),
      json(200, { results: [prediction({ id: 'p2' })], next: null }),
    ];
    const listed = await provider.listBetween(...span);
    expect(listed.complete).toBe(true);
    expect(listed.predictions.map(({ id }) => id)).toEqual(['p3', 'p2']);
    expect(received.map(({ url }) => url)).toEqual([
      '/v1/predictions?created_after=2026-01-02T03%3A04%3A05.006Z&created_before=2026-01-02T03%3A05%3A05.006Z',
      '/v1/predictions?cursor=c2&created_after=x',
    ]);
  });

  it('comes to an end even if the provider’s pages do not', async () => {
    answers = [json(200, { results: [prediction()], next: `${baseOf(server)}/v1/predictions?cursor=same` })];
    expect(await provider.listBetween(...span)).toMatchObject({ complete: false });
    expect(received.length).toBeLessThan(50);
  });

  it.each<[string, Answer]>([
    ['a dead connection', cut],
    ['500', json(500, {})],
    ['502 in HTML', html(502)],
    ['401', json(401, {})],
    ['404', json(404, {})],
  ])('that is answered with %s proves nothing', async (_what, answer) => {
    answers = [answer];
    await expect(provider.listBetween(...span)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('of which the second page fails proves nothing', async () => {
    answers = [json(200, { results: [], next: `${baseOf(server)}/v1/predictions?cursor=c2` }), json(500, {})];
    await expect(provider.listBetween(...span)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it.each<[string, Answer]>([
    ['HTML with 200', html(200)],
    ['null', json(200, null)],
    ['an object without results', json(200, {})],
    ['results that are no list', json(200, { results: {} })],
    ['a next page that is no address', json(200, { results: [], next: 'nowhere' })],
  ])('that is %s proves nothing', async (_what, answer) => {
    answers = [answer];
    await expect(provider.listBetween(...span)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
