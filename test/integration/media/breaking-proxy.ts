import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Hands requests on to `target`, but breaks the connection of the first `breaks` PUTs midway. */
export async function startBreakingProxy(target: string, breaks: number) {
  let puts = 0;
  const proxy = createServer((asked, answer) => {
    if (asked.method === 'PUT' && ++puts <= breaks) {
      asked.once('data', () => asked.socket.destroy());
      return;
    }
    const { method, headers } = asked;
    const onward = request(new URL(asked.url ?? '/', target), { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 500, got.headers);
      got.pipe(answer);
    });
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    puts: () => puts,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
