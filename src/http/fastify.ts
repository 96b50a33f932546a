import { maxHeaderSize } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { answerBrokenAddress, answerBrokenHead } from './broken-requests.js';
import { protectAnswers } from './headers.js';
import { readJsonAlone } from './json-body.js';
import { logRequest } from './request-log.js';
import { requestIdOf } from './request-id.js';
import { readOffBodies } from './unread-body.js';

const BODY_LIMIT_BYTES = 2 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const MOST_CHECK_INTERVAL_MS = 5_000;
const CLOSE_INTERVAL_MS = 100;

interface AdapterChoices {
  requestTimeoutMs?: number | undefined;
  /** Proxies whose X-Forwarded-For is believed when it is told who asks. */
  trustedProxyHops?: number;
}

/**
 * Fastify with our limits, JSON bodies alone, and a request id on every answer and log line. NestJS is to bring no body
 * parsers (`bodyParser: false`).
 */
export function createAdapter(logger: Logger, choices: AdapterChoices = {}): FastifyAdapter {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, trustedProxyHops = 0 } = choices;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestTimeoutMs,
    trustProxy: (_address, hop) => hop < trustedProxyHops,
    // Every address that fits into a head reaches its route: what is too long for an id is one that does not exist.
    routerOptions: { maxParamLength: maxHeaderSize },
    http: {
      // Node would answer a request without a host by itself, and without a body.
      requireHostHeader: false,
      // A head has no longer than a whole request, which Node checks by the clock, each half a minute unless told.
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(MOST_CHECK_INTERVAL_MS, requestTimeoutMs),
    },
    frameworkErrors: answerBrokenAddress,
    clientErrorHandler: (error, socket) => answerBrokenHead(logger, error, socket),
    return503OnClosing: false,
    genReqId: (request: { headers: Record<string, unknown> }) => requestIdOf(request.headers),
  });
  const fastify = adapter.getInstance();
  protectAnswers(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method, url } = request;
    logRequest(logger, { requestId, method, url, status: reply.statusCode, durationMs: reply.elapsedTime });
    done();
  });
  readJsonAlone(fastify);
  readOffBodies(fastify);
  fastify.addHook('onRequest', (request, _reply, done) => done(hostFault(request)));
  serveWhateverIsExpected(fastify);
  refuseWhileStopping(fastify);
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

/** HTTP/1.1 wants a host in every request (RFC 9112, section 3.2). */
function hostFault({ raw }: FastifyRequest): AppError | undefined {
  const missing = raw.httpVersion === '1.1' && raw.headers.host === undefined;
  return missing ? new AppError('invalid_parameters', 'The Host header is missing: send it') : undefined;
}

/** A server need not know what `Expect` asks for (RFC 9110, section 10.1.1); Node would answer 417 without a body. */
function serveWhateverIsExpected({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** Requests that still come over open connections are told to come back, to another process. */
function refuseWhileStopping(fastify: FastifyInstance): void {
  let refusal: AppError | undefined;
  fastify.addHook('preClose', (done) => {
    refusal = new AppError('service_unavailable', 'This process is stopping: try again', {
      retryAfterSeconds: 1,
    });
    done();
  });
  fastify.addHook('onRequest', (_request, _reply, done) => done(refusal));
}
