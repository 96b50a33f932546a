import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../errors.js';
import { Authenticator } from './authenticator.js';
import { hasOneOf, type Caller, type Scope } from './caller.js';
import { ROUTE_SCOPES, type CalledRequest } from './route-access.decorator.js';

/** Lets those call a route who have one of its scopes, and tells the route who that is. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const scopes = this.reflector.getAllAndOverride<Scope[] | undefined>(ROUTE_SCOPES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scopes === undefined) throw new Error(`${context.getHandler().name} does not say what it requires`);
    if (scopes.length === 0) return true;
    const request = context.switchToHttp().getRequest<CalledRequest>();
    const known = this.authenticator.known(request.headers);
    if (known) return admit(request, known, scopes);
    return this.authenticator
      .identify(request.headers, request.ip)
      .then((caller) => admit(request, caller, scopes));
  }
}

function admit(request: CalledRequest, caller: Caller, scopes: Scope[]): true {
  if (!hasOneOf(caller, scopes)) {
    throw new AppError('forbidden', `This needs a key with the scope ${scopes.join(' or ')}`);
  }
  request.caller = caller;
  return true;
}
