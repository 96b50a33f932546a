import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { errorReply } from './error-body.js';

/** Answers an address that the router cannot decode, which no route and no filter gets to see. */
export function answerBrokenAddress(cause: Error, request: FastifyRequest, reply: FastifyReply): void {
  const message = 'The address is malformed: percent-encode it in UTF-8';
  const { status, body } = errorReply(new AppError('invalid_parameters', message, { cause }), request.id);
  void reply.header('x-request-id', request.id).status(status).send(body);
}

/** Answers bytes that are no request, on the bare connection, and closes it. */
export function answerBrokenHead(logger: Logger, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const requestId = randomUUID();
  const { status, body } = errorReply(headError(error), requestId);
  logger.info('request', { requestId, status, reason: error.code });
  if (socket.writable) socket.write(rawAnswer(status, requestId, JSON.stringify(body)));
  socket.destroy();
}

function headError(cause: Error & { code?: string }): AppError {
  switch (cause.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('headers_too_large', 'Send at most 16 KiB of address and headers', { cause });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('request_timeout', 'Send the whole request within 30 seconds', { cause });
    default:
      return new AppError('invalid_parameters', 'The request is not valid HTTP/1.1', { cause });
  }
}

function rawAnswer(status: number, requestId: string, body: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
