import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors.js';
import { OPEN } from './open.js';

/** Lets a request pass when no key is required, the route is open, or `X-API-Key` is the bootstrap key. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly required: boolean;
  private readonly adminKeyHash: Buffer | undefined;
  private readonly validKeys = new Set<string>();

  constructor(
    private readonly reflector: Reflector,
    { access }: Settings,
  ) {
    this.required = access.required;
    this.adminKeyHash = access.adminApiKey === undefined ? undefined : hash(access.adminApiKey);
  }

  canActivate(context: ExecutionContext): boolean {
    const open = this.reflector.getAllAndOverride<boolean>(OPEN, [context.getHandler(), context.getClass()]);
    if (open || this.admits(context.switchToHttp().getRequest<FastifyRequest>().headers)) return true;
    throw new AppError('unauthorized', 'Send a valid key in the X-API-Key header');
  }

  /** Whether a request with these headers may use a route that is not open. */
  admits(headers: Record<string, unknown>): boolean {
    const key = headers['x-api-key'];
    return !this.required || (typeof key === 'string' && this.isValid(key));
  }

  /** A key that was found valid is not hashed again. */
  private isValid(key: string): boolean {
    if (this.validKeys.has(key)) return true;
    const valid = this.adminKeyHash !== undefined && timingSafeEqual(hash(key), this.adminKeyHash);
    if (valid) this.validKeys.add(key);
    return valid;
  }
}

/** Equal lengths make the comparison take the same time whatever was sent. */
function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
