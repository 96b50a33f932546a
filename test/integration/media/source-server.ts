import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider's file host: each path is answered by what the test gave it, all else with 404. */
export interface SourceServer {
  host: string;
  url(path: string): string;
  /** Answers `path`; a Buffer is sent with its length. */
  serve(path: string, answer: Buffer | RequestListener): string;
  /** The headers of each request, in order. */
  requests: { path: string; headers: Record<string, string | string[] | undefined> }[];
  close(): Promise<void>;
}

export async function startSourceServer(): Promise<SourceServer> {
  const answers = new Map<string, RequestListener>();
  const requests: SourceServer['requests'] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    const answer = answers.get(path);
    if (answer) answer(request, response);
    else response.writeHead(404).end('not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  return {
    host: `127.0.0.1:${port}`,
    url,
    requests,
    serve: (path, answer) => {
      answers.set(
        path,
        typeof answer === 'function' ? answer : (_request, response) => void response.end(answer),
      );
      return url(path);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
