import { isUtf8 } from 'node:buffer';
import type { RawBodyRequest } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';

const MOST_LEVELS = 64;
const MOST_ENTRIES = 1_000;

/**
 * Lets Fastify read application/json and nothing else; any other body is answered 415. The bytes stay in `rawBody`, for
 * signatures. An empty body counts as none. NestJS must bring no parsers of its own (`bodyParser: false`).
 */
export function readJsonAlone(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request: RawBodyRequest<FastifyRequest>, bytes, done) => {
      request.rawBody = bytes;
      if (bytes.length === 0) return done(null, undefined);
      if (!isUtf8(bytes)) return done(malformed('The body is not UTF-8: send JSON in UTF-8'));
      void parse(request, bytes.toString(), (error, body) => {
        if (error)
          return done(malformed('The body is not JSON, or names __proto__: send valid JSON in UTF-8', error));
        const excess = excessOf(body);
        if (excess === undefined) done(null, body);
        else done(malformed(`The body ${excess}: send less`));
      });
    },
  );
}

/**
 * What makes a JSON value more than any request needs, in words; undefined when nothing does. Deep values would exhaust
 * the stack of whoever walks them, and naming the faults of endless ones would hold up every other request.
 */
export function excessOf(value: unknown, levels = MOST_LEVELS): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `is nested deeper than ${MOST_LEVELS} levels`;
  const entries: unknown[] = Object.values(value);
  if (entries.length > MOST_ENTRIES) return `has more than ${MOST_ENTRIES} fields or items in one place`;
  for (const entry of entries) {
    const excess = excessOf(entry, levels - 1);
    if (excess !== undefined) return excess;
  }
  return undefined;
}

function malformed(message: string, cause?: unknown): AppError {
  return new AppError('invalid_parameters', message, { cause });
}
