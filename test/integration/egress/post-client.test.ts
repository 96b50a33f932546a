import { PostClient } from '../../../src/egress/post-client.js';
import { startReceiver, type Receiver } from '../../support/webhook-receiver.js';

let receiver: Receiver;
let host: string;
const clients: PostClient[] = [];

beforeAll(async () => {
  receiver = await startReceiver();
  host = new URL(receiver.url('/')).host;
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await receiver.close();
});

function clientFor(privateHosts: string[], timeoutMs = 10_000): PostClient {
  const client = new PostClient(privateHosts, timeoutMs);
  clients.push(client);
  return client;
}

const post = (client: PostClient, path: string) =>
  client.post(new URL(receiver.url(path)), { 'x-told': 'yes' }, '{"a":1}');

describe('a POST to the outside', () => {
  it('carries its headers and its body, and gives the answer', async () => {
    receiver.answer('/well', (response) => void response.writeHead(201).end('thanks'));
    expect(await post(clientFor([host]), '/well?a=1')).toMatchObject({ httpStatus: 204 });
    expect(await post(clientFor([host]), '/well')).toEqual({
      ...{ httpStatus: 201, response: 'thanks', error: null },
      durationMs: expect.any(Number) as number,
    });
    const [message] = receiver.received('/well');
    expect(message).toMatchObject({ body: '{"a":1}', headers: { 'x-told': 'yes' } });
  });

  it('has a connection of its own', async () => {
    const client = clientFor([host]);
    for (let count = 0; count < 2; count += 1) await post(client, '/alone');
    const [first, second] = receiver.received('/alone');
    expect(first!.headers.connection).toBe('close');
    expect(first!.remotePort).not.toBe(second!.remotePort);
  });

  it('tells how long the answer asks to wait', async () => {
    receiver.answer('/busy', (response) => void response.writeHead(503, { 'retry-after': '120' }).end());
    receiver.answer('/vague', (response) => void response.writeHead(503, { 'retry-after': 'soon' }).end());
    expect(await post(clientFor([host]), '/busy')).toMatchObject({ retryAfterSeconds: 120 });
    expect(await post(clientFor([host]), '/vague')).not.toHaveProperty('retryAfterSeconds');
  });

  it('that gets no answer ends in time', async () => {
    receiver.answer('/silent', () => undefined);
    expect(await post(clientFor([host], 200), '/silent')).toMatchObject({
      ...{ httpStatus: null, response: null, error: 'No answer within 0.2 s' },
    });
  });

  it('whose answer does not end has the status all the same', async () => {
    receiver.answer('/endless', (response) => void response.writeHead(200).write('begun'));
    expect(await post(clientFor([host], 500), '/endless')).toMatchObject({ httpStatus: 200, error: null });
  });

  it.each([[[]], [['localhost']], [['127.0.0.1:1']]])(
    'goes to no private address where %j are exempt',
    async (privateHosts) => {
      const before = receiver.received('/inside').length;
      expect(await post(clientFor(privateHosts), '/inside')).toMatchObject({
        ...{ httpStatus: null, error: 'The host is not at a public address' },
      });
      expect(receiver.received('/inside')).toHaveLength(before);
    },
  );

  it('goes to no name that stands for a private address', async () => {
    const url = new URL(receiver.url('/named'));
    url.hostname = 'localhost';
    expect(await clientFor([]).post(url, {}, '{}')).toMatchObject({
      error: 'The host is not at a public address',
    });
  });
});
