import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator } from './access/authenticator.js';
import { isAdmin } from './access/caller.js';
import { AppError } from './errors.js';
import { errorReply } from './http/error-body.js';
import { MessageQueue } from './queue/message-queue.js';
import { queueBoard } from './queue/queue-board.js';

const PATH = '/queues';

/**
 * Serves Bull Board at /queues, to admins. A browser sends no header of ours, but asks for a name and a password: the key
 * is the password, on this path alone.
 */
export function serveQueues(app: NestFastifyApplication): void {
  const authenticator = app.get(Authenticator);
  const board = queueBoard(app.get(MessageQueue), PATH);
  void app
    .getHttpAdapter()
    .getInstance()
    .register(async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        await requireAdmin(authenticator, request).catch((fault: unknown) => refuse(request, reply, fault));
      });
      await scope.register(board, { prefix: PATH });
    });
}

async function requireAdmin(authenticator: Authenticator, request: FastifyRequest): Promise<void> {
  const headers = withBasicKey(request.headers);
  const caller = authenticator.known(headers) ?? (await authenticator.identify(headers, request.ip));
  if (!isAdmin(caller)) throw new AppError('forbidden', 'This needs a key with the scope admin');
}

function withBasicKey(headers: Record<string, unknown>): Record<string, unknown> {
  const { authorization } = headers;
  const encoded = typeof authorization === 'string' ? /^Basic +(\S+)$/i.exec(authorization)?.[1] : undefined;
  if (encoded === undefined || headers['x-api-key'] !== undefined) return headers;
  const [, key] = /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return { ...headers, 'x-api-key': key };
}

function refuse(request: FastifyRequest, reply: FastifyReply, fault: unknown): void {
  const { status, body } = errorReply(fault, request.id);
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="queues", charset="UTF-8"');
  if (body.retryAfter !== undefined) void reply.header('retry-after', body.retryAfter);
  void reply.status(status).send(body);
}
