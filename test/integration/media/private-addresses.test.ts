import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Agent } from 'undici';
import { MediaSource } from '../../../src/media/download.js';
import { sourceConnector, type SourcePolicy } from '../../../src/media/source-address.js';

/** A service of the inside that counts who connects to it. */
async function startInside() {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a connection to the inside', () => {
  let inside: Awaited<ReturnType<typeof startInside>>;

  beforeAll(async () => {
    inside = await startInside();
  });

  afterAll(() => inside.close());

  const ask = async (policy: SourcePolicy, host: string) => {
    const agent = new Agent({ connect: sourceConnector(policy, 2_000) });
    try {
      const origin = `http://${host}:${inside.port}`;
      const { body } = await agent.request({ origin, path: '/', method: 'GET' });
      return await body.text();
    } finally {
      await agent.destroy();
    }
  };

  it.each([
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[::127.0.0.1]',
    'localhost',
    'LOCALHOST',
    '①②⑦.⓪.⓪.①',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.0.1',
    '3232235521',
    '0xc0a80001',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.254.170.2',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[2001:db8::1]',
    '[fd00:ec2::254]',
    '[fc00::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
  ])('is never opened by %s, even when that host is listed', async (host) => {
    const hosts = [host, new URL(`http://${host}/`).hostname, `*.${host}`];
    const before = inside.connections();
    await expect(ask({ hosts, allowPrivateSources: false }, host)).rejects.toMatchObject({
      code: 'output_invalid',
      message: expect.stringMatching(/private address/),
    });
    expect(inside.connections()).toBe(before);
  });

  it.each(['127.0.0.1', 'localhost'])(
    'is opened by %s when private sources are allowed and it is listed',
    async (host) => {
      expect(await ask({ hosts: [host], allowPrivateSources: true }, host)).toBe('secret');
    },
  );

  it.each([
    ['127.0.0.1', ['*.0.0.1']],
    ['127.0.0.1', ['localhost']],
    ['localhost', ['127.0.0.1', '*']],
  ])('is not opened by %s when only %j are listed', async (host, hosts) => {
    const before = inside.connections();
    await expect(ask({ hosts, allowPrivateSources: true }, host)).rejects.toMatchObject({
      code: 'output_invalid',
    });
    expect(inside.connections()).toBe(before);
  });
});

describe('a source that is listed but lies inside', () => {
  it.each(['https://localhost/out.png', 'https://127.0.0.1/out.png', 'https://[::1]/out.png'])(
    'is refused for good: %s',
    async (url) => {
      const { hostname } = new URL(url);
      const source = new MediaSource({ hosts: [hostname], allowPrivateSources: false });
      await expect(source.open(url, 1_000, new AbortController().signal)).rejects.toMatchObject({
        code: 'output_invalid',
        retryable: false,
        message: expect.stringMatching(/private address/),
      });
      await source.close();
    },
  );
});
