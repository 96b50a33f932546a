import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const EXPOSED = [
  ...[
    'etag',
    'idempotent-replayed',
    'location',
    'preference-applied',
    'retry-after',
    'x-cache',
    'x-request-id',
  ],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
];

const ALLOWED = [
  ...['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'last-event-id', 'prefer'],
  ...['x-api-key', 'x-request-id'],
];

const PREFLIGHT_SECONDS = 600;

/** Lets pages of these origins (`*` for any) call the API from browsers; keys go in headers, never in cookies. */
export function allowOrigins(app: NestFastifyApplication, origins: string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ALLOWED,
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
}
