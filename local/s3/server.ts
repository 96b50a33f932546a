import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

import type { Credentials } from './authentication.js';
import { corsHeaders } from './cors.js';
import { S3Error } from './errors.js';
import { handle } from './handle.js';
import { applyLifecycle, type LifecycleOutcome } from './lifecycle.js';
import type { S3Reply } from './reply.js';
import { readRequest, type S3Request } from './request.js';
import { Storage } from './storage.js';
import { renderErrorXml } from './xml.js';

const LOOPBACK = '127.0.0.1';
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const DRAIN_TIMEOUT_MS = 2_000;
const LIFECYCLE_INTERVAL_MS = 60_000;

export interface S3ServerOptions extends Credentials {
  /** Where everything is kept; made if missing. One server at a time. */
  dir: string;
  /** 0 or missing: a free one. */
  port?: number;
  /** 127.0.0.1 when missing. */
  host?: string;
}

export interface S3Server {
  port: number;
  url: string;
  /** Carries out the lifecycle rules as if it were `now`; the server does so by itself once a minute. */
  applyLifecycle(now?: Date): LifecycleOutcome;
  close(): Promise<void>;
}

/** Starts an S3 server that keeps its objects in `dir` and knows one key pair and one region. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { dir, host = LOOPBACK, port = 0, ...credentials } = options;
  const storage = await Storage.open(dir);
  const server = createServer((message, response) => {
    answer(message, response, storage, credentials).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.timeout = IDLE_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  const runRules = (now = new Date()) => applyLifecycle(storage, now);
  const boundPort = await listen(server, port, host);
  const timer = setInterval(runRules, LIFECYCLE_INTERVAL_MS).unref();
  return {
    port: boundPort,
    url: `http://${LOOPBACK}:${boundPort}`,
    applyLifecycle: runRules,
    close: async () => {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  storage: Storage,
  credentials: Credentials,
): Promise<void> {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  let request: S3Request | undefined;
  let reply: S3Reply;
  try {
    request = readRequest(message);
    reply = await handle(request, storage, credentials, new Date());
  } catch (error) {
    reply = errorReply(error, message, requestId);
    if (!message.complete && !message.destroyed) {
      response.shouldKeepAlive = false;
      await drain(message);
    }
  }
  const cors = request ? corsHeaders(request, storage.find(request.bucketName)) : {};
  try {
    await send(message, response, { ...reply, headers: { ...reply.headers, ...cors } }, requestId);
  } finally {
    reply.release?.();
  }
}

/** What is no refusal of ours is a fault of this server: the client learns only that, the operator the rest. */
function errorReply(error: unknown, { url = '/' }: IncomingMessage, requestId: string): S3Reply {
  const refusal =
    error instanceof S3Error
      ? error
      : new S3Error('InternalError', 'We encountered an internal error. Please try again.');
  if (refusal !== error) process.stderr.write(`S3 request ${requestId} failed: ${describe(error)}\n`);
  const body = renderErrorXml([
    ['Code', refusal.code],
    ['Message', refusal.message],
    ['Resource', url.split('?')[0]],
    ['RequestId', requestId],
  ]);
  return { status: refusal.status, headers: { ...refusal.headers, 'content-type': 'application/xml' }, body };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Reads and drops the rest of a refused body, for a client that is still sending cannot read the refusal. */
function drain(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, DRAIN_TIMEOUT_MS);
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
    message.once('end', done).once('close', done).once('error', done);
    message.resume();
  });
}

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: S3Reply,
  requestId: string,
): Promise<void> {
  const all: Record<string, string> = { ...headers, 'x-amz-request-id': requestId };
  const text = typeof body === 'string' ? body : undefined;
  if (text !== undefined) all['content-length'] = String(Buffer.byteLength(text));
  else if (body === undefined && status !== 204 && status !== 304) all['content-length'] ??= '0';
  response.writeHead(status, all);
  if (body === undefined || text !== undefined || message.method === 'HEAD') {
    response.end(message.method === 'HEAD' ? undefined : text);
    return;
  }
  await pipeline(body, response);
}
