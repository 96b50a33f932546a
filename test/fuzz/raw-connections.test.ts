import { connect, type Socket } from 'node:net';
import { startApi, type RunningApi } from '../integration/http/api.js';
import { startTestDatabase, type TestDatabase } from '../integration/storage/test-database.js';

jest.setTimeout(60_000);

const MEGABYTE = 1024 * 1024;
const valid = '{"mediaType":"image","modelId":"flux-schnell","userId":"u","prompt":"p"}';

let db: TestDatabase;
let api: RunningApi;
let impatient: RunningApi;

beforeAll(async () => {
  db = await startTestDatabase();
  const env = { DATABASE_URL: db.url, AUTH_REQUIRED: 'false' };
  [api, impatient] = await Promise.all([startApi(env), startApi(env, 500)]);
});

afterEach(async () => {
  expect((await api.client.get('/health/live')).status).toBe(200);
  const { rows } = await db.pool.query(
    'SELECT (SELECT count(*) FROM replicate.jobs) AS jobs, (SELECT count(*) FROM replicate.outbox) AS messages',
  );
  expect(rows).toEqual([{ jobs: '0', messages: '0' }]);
});

afterAll(async () => {
  await Promise.all([api.close(), impatient.close()]);
  await db.close();
});

function open({ url }: RunningApi): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => undefined);
}

const closing = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

/** All that comes back until the server closes the connection. */
async function read(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await closing(socket);
  return Buffer.concat(chunks).toString();
}

/** Sends bytes and takes them for the last ones. */
function answerTo(bytes: string): Promise<string> {
  const socket = open(api);
  socket.end(Buffer.from(bytes, 'latin1'));
  return read(socket);
}

const statuses = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The body of the one answer, an error in the one shape. */
function errorIn(text: string): { code: string } {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const error = JSON.parse(body) as { code: string; requestId: string };
  expect(error).toEqual(
    expect.objectContaining({ error: expect.any(String) as string, details: expect.any(String) as string }),
  );
  expect(/^x-request-id: (.*)$/im.exec(head)?.[1]?.trim()).toBe(error.requestId);
  return error;
}

const post = (headers: string, body: string) =>
  `POST /generate-media HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;
const hidden = 'GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n';

describe('a request framed in two ways', () => {
  it.each([
    ['a length and chunks', post('content-length: 4\r\ntransfer-encoding: chunked', `0\r\n\r\n${hidden}`)],
    ['chunks and a length', post('transfer-encoding: chunked\r\ncontent-length: 4', `0\r\n\r\n${hidden}`)],
    ['two lengths', post(`content-length: 0\r\ncontent-length: ${hidden.length}`, hidden)],
    ['a list of lengths', post('content-length: 0, 0', hidden)],
    ['a length with a sign', post('content-length: +0', hidden)],
    ['a length in base 16', post('content-length: 0x0', hidden)],
    ['an unknown coding', post('transfer-encoding: xchunked', hidden)],
    ['a coding after chunks', post('transfer-encoding: chunked, identity', `0\r\n\r\n${hidden}`)],
    ['a blank before the colon', post('transfer-encoding : chunked', `0\r\n\r\n${hidden}`)],
    ['a folded header', post('transfer-encoding:\r\n chunked', `0\r\n\r\n${hidden}`)],
    ['a NUL in a header', post('x: \0', hidden)],
    ['a bare line feed', post('x: y\ncontent-length: 0', hidden)],
    ['a chunk of no size', post('transfer-encoding: chunked', `zz\r\n${hidden}`)],
    ['a chunk of less than nothing', post('transfer-encoding: chunked', `-1\r\n${hidden}`)],
    ['a chunk beyond 64 bits', post('transfer-encoding: chunked', `fffffffffffffffff\r\n${hidden}`)],
    ['a chunk longer than told', post('transfer-encoding: chunked', `1\r\n{}\r\n0\r\n\r\n${hidden}`)],
  ])('by %s is answered 400 once, and nothing behind it is a request', async (_what, bytes) => {
    const answer = await answerTo(bytes);
    expect(statuses(answer)).toEqual([400]);
    expect(errorIn(answer).code).toBe('invalid_parameters');
    expect(api.printed()).not.toContain('/smuggled');
  });
});

describe('what is hardly a request', () => {
  it.each([
    ['HTTP/2 without an upgrade', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['HTTP/0.9', 'GET /\r\n\r\n', 404],
    ['an HTTP of the future', 'GET / HTTP/9.9\r\nhost: a\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400],
    ['an unknown method', 'HACK / HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['an address of raw bytes', 'GET /status/\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['an address with a blank', 'GET /status/a b HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['an address that cannot be decoded', 'GET /status/%E0%A4%A HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['an address of 20 KiB', `GET /${'a'.repeat(20_480)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
    ['headers of 20 KiB', `GET / HTTP/1.1\r\nhost: a\r\n${`x: ${'y'.repeat(60)}\r\n`.repeat(350)}\r\n`, 431],
    ['an address of the whole server', 'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
    ['a trace', 'TRACE / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
  ])('such as %s is told so in the one shape', async (_what, bytes, status) => {
    const answer = await answerTo(bytes);
    expect(statuses(answer)).toEqual([status]);
    errorIn(answer);
  });

  it('such as a tunnel is cut off', async () => {
    expect(await answerTo('CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: a\r\n\r\n')).toBe('');
  });

  it('is none when the address is absolute: it is read as this server’s', async () => {
    const answer = await answerTo(
      'GET http://other.example/health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    );
    expect(statuses(answer)).toEqual([200]);
  });
});

it('answers requests sent without waiting in their order', async () => {
  const paths = ['/health/live', '/nowhere', '/models/none', '/health/live'];
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join('');
  expect(statuses(await answerTo(requests))).toEqual([200, 404, 404, 200]);
});

describe('a body', () => {
  it.each([
    [
      'that is a form where JSON is wanted',
      'multipart/form-data; boundary=b',
      '--b\r\n\r\nx\r\n--b--\r\n',
      415,
    ],
    ['that is a broken form', 'multipart/form-data', '--\r\n\r\n\0--b', 415],
    ['that is no UTF-8', 'application/json', valid.replace('"p"', '"\xff"'), 400],
    ['of fifty thousand lists', 'application/json', '['.repeat(50_000), 400],
    ['nested ten thousand deep', 'application/json', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400],
    [
      'with a field twice, the last one wrong',
      'application/json',
      valid.replace('}', ',"userId":"a b"}'),
      400,
    ],
  ])('%s is refused', async (_what, type, body, status) => {
    const head = `POST /generate-media HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}`;
    const answer = await answerTo(`${head}\r\nconnection: close\r\n\r\n${body}`);
    expect(statuses(answer)).toEqual([status]);
    errorIn(answer);
  });

  it.each([
    ['of a told length', `content-length: ${3 * MEGABYTE}`, asItIs, ''],
    ['in chunks', 'transfer-encoding: chunked', asChunk, '0\r\n\r\n'],
  ])('of 3 MB %s is refused, read off, and its connection serves on', async (_what, framing, wrap, end) => {
    const socket = open(api);
    const answers = read(socket);
    socket.write(post(framing, ''));
    await sendMegabytes(socket, 3, wrap);
    socket.end(`${end}GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    expect(statuses(await answers)).toEqual([413, 200]);
  });

  it.each([
    ['of a told length', `content-length: ${50 * MEGABYTE}`, asItIs],
    ['in chunks without end', 'transfer-encoding: chunked', asChunk],
  ])('of 50 MB %s is refused and never held, ten at once', async (_what, framing, wrap) => {
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = open(api);
        const answer = read(socket);
        socket.write(post(framing, ''));
        await sendMegabytes(socket, 50, wrap);
        socket.destroySoon();
        return answer;
      }),
    );
    for (const answer of answers) expect(statuses(answer)).toEqual([413]);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * MEGABYTE);
  });
});

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

function asChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** Sends JSON text, no faster than it is taken, until all is sent or the other side has closed. */
async function sendMegabytes(
  socket: Socket,
  megabytes: number,
  wrap: (chunk: Buffer) => Buffer,
): Promise<void> {
  const chunk = wrap(Buffer.alloc(MEGABYTE, '['));
  const closed = closing(socket);
  for (let sent = 0; sent < megabytes && socket.writable; sent += 1) {
    if (!socket.write(chunk))
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
}

describe('a client that never finishes', () => {
  it.each([
    ['its first line', 'GET /health'],
    ['its headers', 'GET /health/live HTTP/1.1\r\nhost: a\r\nx: y\r\n'],
    ['its body', post('content-length: 100', '{"mediaType":')],
    ['its chunks', post('transfer-encoding: chunked', '5\r\n{"a":\r\n')],
  ])('%s is cut off, told why, and holds up no one', async (_what, bytes) => {
    const slow = Array.from({ length: 50 }, () => open(impatient));
    const answers = Promise.all(slow.map(read));
    for (const socket of slow) socket.write(bytes);
    expect((await impatient.client.get('/health/live')).status).toBe(200);
    for (const answer of await answers) {
      expect(statuses(answer)).toEqual([408]);
      expect(errorIn(answer).code).toBe('request_timeout');
    }
  });

  it('its headers though it sends one now and then is cut off', async () => {
    const socket = open(impatient);
    socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\n');
    const drip = setInterval(() => socket.write('x: y\r\n'), 50);
    expect(statuses(await read(socket))).toEqual([408]);
    clearInterval(drip);
  });
});
