import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'svix';

/** A message as it came. */
export interface Received {
  path: string;
  /** Tells connections apart. */
  remotePort: number | undefined;
  headers: Record<string, string>;
  body: string;
}

/** A user's server: each path answers as the test has it, 204 otherwise. */
export interface Receiver {
  url(path: string): string;
  /** What came to the path, in order. */
  received(path: string): Received[];
  answer(path: string, answer: number | ((response: ServerResponse) => void)): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const all: Received[] = [];
  const answers = new Map<string, (response: ServerResponse) => void>();
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '/';
      const body = Buffer.concat(chunks).toString();
      const { remotePort } = request.socket;
      all.push({ path, remotePort, headers: request.headers as Record<string, string>, body });
      const answer = answers.get(path) ?? ((plain: ServerResponse) => void plain.writeHead(204).end());
      answer(response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    received: (path) => all.filter((message) => message.path === path),
    answer: (path, answer) => {
      const listener =
        typeof answer === 'number'
          ? (response: ServerResponse) => void response.writeHead(answer).end(`answered ${answer}`)
          : answer;
      answers.set(path, listener);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a receiver reads: throws when the message is not rightly signed with the secret. */
export function verified(secret: string, { headers, body }: Received): unknown {
  new Webhook(secret).verify(body, headers);
  return JSON.parse(body);
}
