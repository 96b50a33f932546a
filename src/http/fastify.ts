import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logging/logger.js';

const BODY_LIMIT_BYTES = 2 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const CLOSE_INTERVAL_MS = 100;

/** Fastify with our limits, and with a request id on every answer and log line. */
export function createAdapter(logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request: { headers: Record<string, unknown> }) => requestId(request.headers['x-request-id']),
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    logRequest(logger, request, reply);
    done();
  });
  closeWhatFallsIdle(fastify);
  return adapter;
}

/**
 * A server that stops closes the connections that are idle then; one whose last answer is still under way would keep
 * the process for as long as its client keeps the connection.
 */
function closeWhatFallsIdle(fastify: FastifyInstance): void {
  fastify.addHook('preClose', (done) => {
    setInterval(() => fastify.server.closeIdleConnections(), CLOSE_INTERVAL_MS).unref();
    done();
  });
}

/** The client's own id when it is fit for a header and a log line, else a new one. */
function requestId(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Reads that went well are too many to be told at the usual level. */
function logRequest(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const quiet = reply.statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD');
  const level = quiet ? 'debug' : 'info';
  if (!logger.prints(level)) return;
  logger[level]('request', {
    requestId: request.id,
    method: request.method,
    path: request.url.split('?')[0],
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime),
  });
}
