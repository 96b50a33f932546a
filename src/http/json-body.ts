import { isUtf8 } from 'node:buffer';
import type { RawBodyRequest } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';

const MOST_LEVELS = 64;

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
          done(malformed('The body is not JSON, or names __proto__: send valid JSON in UTF-8', error));
        else if (isNestedDeeper(body, MOST_LEVELS))
          done(malformed(`The body is nested deeper than ${MOST_LEVELS} levels`));
        else done(null, body);
      });
    },
  );
}

/** Whether objects and lists lie within one another more than `levels` deep. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isNestedDeeper(inner, levels - 1));
}

function malformed(message: string, cause?: unknown): AppError {
  return new AppError('invalid_parameters', message, { cause });
}
