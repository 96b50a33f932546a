import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Target {
  url: URL;
  /** Requests whose answers are under way. */
  open: number;
}

/** Passes requests on to its targets in turn, over connections that it keeps, and tries none twice. */
export interface LoadBalancer {
  url: string;
  add(url: string): void;
  /** Gives the target no more requests; resolves when it has answered those it has. */
  remove(url: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port; a target that fails is answered for with 502. */
export async function startLoadBalancer(urls: string[]): Promise<LoadBalancer> {
  const agent = new Agent({ keepAlive: true });
  let targets: Target[] = urls.map(asTarget);
  const server = createServer((incoming, answer) => {
    const target = targets.shift()!;
    targets.push(target);
    passOn(agent, target, incoming, answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (url) => void targets.push(asTarget(url)),
    remove: async (url) => {
      const leaving = targets.filter((target) => target.url.href === new URL(url).href);
      targets = targets.filter((target) => !leaving.includes(target));
      while (leaving.some(({ open }) => open > 0)) await once(server, 'answered');
    },
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function passOn(via: Agent, target: Target, incoming: IncomingMessage, answer: ServerResponse): void {
    target.open += 1;
    const { method, url: path, headers } = incoming;
    const outgoing = request({
      agent: via,
      host: target.url.hostname,
      port: target.url.port,
      method,
      path,
      headers,
    });
    outgoing.once('response', (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    outgoing.once('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.once('close', () => {
      target.open -= 1;
      server.emit('answered');
    });
    incoming.pipe(outgoing);
  }
}

function asTarget(url: string): Target {
  return { url: new URL(url), open: 0 };
}
