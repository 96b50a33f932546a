import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { StoredAnswer } from '../idempotency/idempotency.repository.js';
import type { Answer } from './answer.js';

/** Whose key it is (told by the API key, hashed) and for which route. */
export function idempotencyScope(headers: Record<string, unknown>, route: string): string {
  const apiKey = headers['x-api-key'];
  const owner = typeof apiKey === 'string' ? createHash('sha256').update(apiKey).digest('hex') : 'anonymous';
  return `${owner} ${route}`;
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
