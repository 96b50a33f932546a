import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

type Mode = 'open' | 'down' | 'hung';

/** A relay in front of a service that can be made to look down (connections cut) or hung (bytes go nowhere). */
export interface TcpProxy {
  port: number;
  down(): void;
  hang(): void;
  /** Lets new connections through again; hung ones are cut. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 to `port` of `host`. */
export async function startTcpProxy(host: string, port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: Mode = 'open';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((client) => {
    keep(client);
    if (mode === 'down') return void client.resetAndDestroy();
    if (mode === 'hung') return void client.pause();
    const upstream = keep(connect(port, host));
    client.pipe(upstream).on('close', () => client.destroy());
    upstream.pipe(client).on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => sockets.forEach((socket) => socket.resetAndDestroy());

  return {
    port: (server.address() as AddressInfo).port,
    down() {
      mode = 'down';
      cutAll();
    },
    hang() {
      mode = 'hung';
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal() {
      if (mode === 'hung') cutAll();
      mode = 'open';
    },
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The URL with another port of 127.0.0.1. */
export function throughPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
}
