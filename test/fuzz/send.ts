import { Agent, request as open, type IncomingMessage } from 'node:http';
import { MOST_BODY_BYTES, targetOf, type Request } from './request.js';

/** An answer as it came; of an endless stream its beginning alone. */
export interface Answer {
  status: number;
  /** Values by lower-case name, each line of its own. */
  headers: Record<string, string[]>;
  text: string;
}

const TIMEOUT_MS = 20_000;
const agent = new Agent({ keepAlive: true });

/**
 * Sends a request byte for byte; undefined when the server closed the connection on a body larger than it takes, before
 * its answer could be read. Throws when no answer comes in time.
 */
export async function send(url: string, request: Request): Promise<Answer | undefined> {
  try {
    return await exchange(url, request);
  } catch (error) {
    const { code } = error as { code?: string };
    const isCutOff = code === 'EPIPE' || code === 'ECONNRESET';
    if (isCutOff && (request.body?.length ?? 0) > MOST_BODY_BYTES) return undefined;
    throw error;
  }
}

async function exchange(url: string, request: Request): Promise<Answer> {
  const { operation, headers, body = Buffer.alloc(0), chunked = false } = request;
  const { hostname, port } = new URL(url);
  const length =
    body.length > 0 || operation.method !== 'GET' ? { 'content-length': String(body.length) } : {};
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : length;
  const outgoing = open({
    ...{ agent, hostname, port, method: operation.method, path: targetOf(request) },
    headers: { ...headers, ...framing },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  outgoing.end(body);
  return readAnswer(await answer);
}

async function readAnswer(message: IncomingMessage): Promise<Answer> {
  const isStream = message.headers['content-type']?.startsWith('text/event-stream') ?? false;
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
    if (isStream) break;
  }
  const headers = message.headersDistinct as Record<string, string[]>;
  return { status: message.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString() };
}

/** Closes the connections that are kept for the next request. */
export function closeConnections(): void {
  agent.destroy();
}
