import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller, Scope } from './caller.js';

/** The scopes, any of which is enough for a route; none are needed where the list is empty. */
export const ROUTE_SCOPES = 'route-scopes';

/** A request whose caller is known. */
export interface CalledRequest extends FastifyRequest {
  caller?: Caller;
}

/** Marks a controller or a route that needs no key. */
export const Open = () => applyDecorators(SetMetadata(ROUTE_SCOPES, []), ApiSecurity({}));

/** Says which scope a route needs; of several, any is enough. A route that says nothing is refused to everyone. */
export const Requires = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    SetMetadata(ROUTE_SCOPES, scopes),
    ApiSecurity('apiKey', scopes),
    ApiSecurity('bearer', scopes),
  );

/** Gives a route who calls it. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<CalledRequest>();
  if (caller === undefined) throw new Error('An open route has no caller');
  return caller;
});
