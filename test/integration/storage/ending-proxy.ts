import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { throughPort } from '../../support/tcp-proxy.js';

/** A PostgreSQL that can end connections in the moment that they are ready, in one piece with the word that they are. */
export interface EndingProxy {
  url: string;
  /** Has the connections that are made from now on ended, three of them. */
  endNext(): void;
  /** How many were. */
  ended(): number;
  close(): Promise<void>;
}

/** `Z`, its length, `I`: ReadyForQuery, idle (PostgreSQL's protocol, message formats). */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const FIELDS = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', ''];
const FATAL = errorResponse(FIELDS);

export async function startEndingProxy(databaseUrl: string): Promise<EndingProxy> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let toEnd = 0;
  let ended = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(upstream);
    let isReady = false;
    upstream.on('data', (piece) => {
      const becomesReady = !isReady && piece.subarray(-READY.length).equals(READY);
      isReady ||= becomesReady;
      if (!becomesReady || toEnd === 0) return void client.write(piece);
      toEnd -= 1;
      ended += 1;
      client.end(Buffer.concat([piece, FATAL]));
      upstream.destroy();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: throughPort(databaseUrl, (server.address() as AddressInfo).port),
    endNext: () => (toEnd = 3),
    ended: () => ended,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function errorResponse(fields: string[]): Buffer {
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
