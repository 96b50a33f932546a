import type { FastifyReply } from 'fastify';
import type { RateLimit } from '../errors.js';

/** Tells how much is left of a limit (IETF draft, RateLimit header fields). */
export function showRateLimit(reply: FastifyReply, { limit, remaining, resetSeconds }: RateLimit): void {
  void reply.headers({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
  });
}
