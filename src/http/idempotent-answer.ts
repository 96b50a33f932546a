import type { FastifyReply } from 'fastify';
import type { StoredAnswer } from '../idempotency/idempotency.repository.js';
import type { Answer } from './answer.js';

/** Whose key it is and for which route. */
export function idempotencyScope(owner: string | null, route: string): string {
  return `${owner ?? 'nobody'} ${route}`;
}

export function sendStored(reply: FastifyReply, { status, location, body }: StoredAnswer): void {
  if (location !== null) void reply.header('location', location);
  void reply.status(status).type('application/json; charset=utf-8').send(body);
}

/** Sends an answer once more and says so. */
export function sendReplay(reply: FastifyReply, answer: StoredAnswer): void {
  void reply.header('idempotent-replayed', 'true');
  sendStored(reply, answer);
}

export function toStored({ status, body }: Answer): StoredAnswer {
  return { status, location: null, body: body?.toString() ?? '' };
}
