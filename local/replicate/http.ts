import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './errors.js';

/** One request being answered. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** What the groups of the route's pattern caught. */
  params: string[];
}

export interface Route {
  method: string;
  path: RegExp;
  answer: (exchange: Exchange) => Promise<void> | void;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, error: ApiError): void {
  sendJson(response, error.status, error.body, error.headers);
}

/** The whole body; throws `tooLarge` beyond `maxBytes`. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  tooLarge: () => ApiError,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const largestJsonBytes = 20_000_000;

/** The body as JSON; undefined when there is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(
    request,
    largestJsonBytes,
    () => new ApiError(413, { detail: 'Request body too large', status: 413 }),
  );
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new ApiError(400, { detail: 'The request body is not valid JSON', status: 400 });
  }
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The API token of a request, if it has one. */
export function tokenOf(request: IncomingMessage): string | undefined {
  return /^(?:Bearer|Token) (\S+)$/.exec(header(request, 'authorization') ?? '')?.[1];
}

/** Ends the connection with a reset, without an answer. */
export function cut({ request }: Exchange): void {
  request.socket.resetAndDestroy();
}
