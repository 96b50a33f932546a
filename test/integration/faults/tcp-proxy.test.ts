import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

/** A connection through the proxy, and what came of it. */
interface Client {
  socket: Socket;
  answered: string;
  isCut: boolean;
}

/** A service that answers each byte with ten, and tells what it was asked. */
let service: Server;
let asked: string;
let proxy: TcpProxy;
let client: Client;

beforeEach(async () => {
  asked = '';
  service = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        asked += data.toString();
        socket.write(data.toString().repeat(10));
      });
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  proxy = await startTcpProxy('127.0.0.1', (service.address() as AddressInfo).port);
  client = open();
});

afterEach(async () => {
  client.socket.destroy();
  await proxy.close();
  service.close();
});

function open(): Client {
  const opened: Client = { socket: connect(proxy.port, '127.0.0.1'), answered: '', isCut: false };
  opened.socket
    .on('error', () => undefined)
    .on('close', () => (opened.isCut = true))
    .on('data', (data) => (opened.answered += data.toString()));
  return opened;
}

const reached = (look: () => boolean) => eventually(async () => look(), Boolean, 5_000);

describe('a TCP proxy', () => {
  it('passes everything on while nothing is wrong, and as well when slow', async () => {
    client.socket.write('a');
    await reached(() => client.answered === 'a'.repeat(10));
    proxy.slow({ latencyMs: 20, bytesPerSecond: 1_000 });
    client.socket.write('b');
    await reached(() => client.answered === 'a'.repeat(10) + 'b'.repeat(10));
  });

  it('down resets connections, new ones too, until it is healed', async () => {
    proxy.down();
    await reached(() => client.isCut);
    client = open();
    await reached(() => client.isCut);
    proxy.heal();
    client = open();
    client.socket.write('a');
    await reached(() => client.answered.length === 10);
  });

  it('resetting cuts the connections there are and takes new ones', async () => {
    client.socket.write('a');
    await reached(() => client.answered.length === 10);
    proxy.reset();
    await reached(() => client.isCut);
    client = open();
    client.socket.write('b');
    await reached(() => client.answered.length === 10);
  });

  it('muted lets the service be asked and no answer back, and is cut when healed', async () => {
    proxy.muteAnswers();
    client.socket.write('a');
    await reached(() => asked === 'a');
    expect([client.answered, client.isCut]).toEqual(['', false]);
    proxy.heal();
    await reached(() => client.isCut);
    expect(client.answered).toBe('');
  });

  it('hung lets nothing through, and is cut when healed', async () => {
    client.socket.write('a');
    await reached(() => client.answered.length === 10);
    proxy.hang();
    await new Promise((sent) => client.socket.write('b', sent));
    proxy.heal();
    await reached(() => client.isCut);
    expect([asked, client.answered]).toEqual(['a', 'a'.repeat(10)]);
  });

  it('cuts a connection in the middle of its answers', async () => {
    proxy.cutAfter(25);
    for (const text of ['a', 'b']) {
      client.socket.write(text);
      await reached(() => client.answered.endsWith(text.repeat(10)));
    }
    client.socket.write('c');
    await reached(() => client.isCut);
    expect(client.answered).toBe('a'.repeat(10) + 'b'.repeat(10));
  });
});
