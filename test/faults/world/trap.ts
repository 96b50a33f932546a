import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A server where no request of ours has any business: it stands for what is inside our network. */
export interface Trap {
  /** URLs by which a hostile source could send us there. */
  urls: string[];
  /** Connections that reached it. */
  visits: string[];
  close(): Promise<void>;
}

/** Listens on every address of this machine; 127.0.0.2 and its names are not among those that outputs come from. */
export async function setTrap(): Promise<Trap> {
  const visits: string[] = [];
  const server = createServer((socket) => {
    visits.push(`from ${socket.remoteAddress}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const hosts = ['127.0.0.2', 'localhost', '[::1]', '[::ffff:127.0.0.2]', '0x7f000002', '2130706434'];
  return {
    urls: hosts.map((host) => `http://${host}:${port}/latest/meta-data/`),
    visits,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
