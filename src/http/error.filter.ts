import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import { Logger } from '../logging/logger.js';
import { errorReply } from './error-body.js';
import { showRateLimit } from './rate-limit.js';

/** Answers every error in one shape; its causes go to the log only. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, body } = errorReply(thrown, request.id);
    if (status >= 500) this.logger.error('request-failed', thrown, { requestId: request.id });
    // A reply taken over by an event stream has its headers out; all that is left is to end it.
    if (reply.sent) {
      reply.raw.end();
      return;
    }
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    if (body.retryAfter !== undefined) void reply.header('retry-after', body.retryAfter);
    if (thrown instanceof AppError && thrown.rateLimit) showRateLimit(reply, thrown.rateLimit);
    void reply.status(status).send(body);
  }
}
