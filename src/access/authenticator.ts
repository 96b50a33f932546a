import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors.js';
import { hashKey, matchesHash } from './api-key.js';
import { BearerTokens } from './bearer-tokens.js';
import { ADMIN, type Caller } from './caller.js';
import { FailedAttempts } from './failed-attempts.js';
import { KeyRing } from './key-ring.js';

type Headers = Record<string, unknown>;

/** Tells by its headers who makes a request: by `X-API-Key`, or where that is absent by a bearer token. */
@Injectable()
export class Authenticator {
  private readonly required: boolean;
  private readonly adminKeyHash: Buffer | undefined;
  /** The bootstrap key as it was sent, once it was found right: it is not hashed again. */
  private adminKey: string | undefined;

  constructor(
    private readonly keys: KeyRing,
    private readonly tokens: BearerTokens,
    private readonly failures: FailedAttempts,
    { access }: Settings,
  ) {
    this.required = access.required;
    this.adminKeyHash = access.adminApiKey === undefined ? undefined : hashKey(access.adminApiKey);
  }

  /** The caller, if nothing need be computed or asked for it. */
  known(headers: Headers): Caller | undefined {
    if (!this.required && !this.presents(headers)) return ADMIN;
    const key = headers['x-api-key'];
    if (typeof key === 'string') return key === this.adminKey ? ADMIN : this.keys.fresh(key);
    const token = bearerToken(headers);
    return token === undefined ? undefined : this.tokens.fresh(token);
  }

  /**
   * The caller, who sends from the address; throws `unauthorized`, `rate_limited` after many wrong keys, or
   * `service_unavailable` when it cannot be told.
   */
  async identify(headers: Headers, address: string): Promise<Caller> {
    const key = headers['x-api-key'];
    const token = bearerToken(headers);
    if (!key && token === undefined) throw unauthorized();
    this.failures.refuseHeldOff(address);
    const caller = typeof key === 'string' ? await this.holderOf(key) : await this.tokens.find(token ?? '');
    if (caller) return caller;
    await this.failures.count(address);
    throw unauthorized();
  }

  /** Whether the request tells who makes it: where no key is required, one that is sent counts all the same. */
  private presents(headers: Headers): boolean {
    return Boolean(headers['x-api-key']) || (this.tokens.areRead && bearerToken(headers) !== undefined);
  }

  private async holderOf(key: string): Promise<Caller | undefined> {
    if (this.adminKeyHash && matchesHash(key, this.adminKeyHash)) {
      this.adminKey = key;
      return ADMIN;
    }
    return this.keys.find(key);
  }
}

function bearerToken({ authorization }: Headers): string | undefined {
  return typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
}

function unauthorized(): AppError {
  return new AppError('unauthorized', 'Send a valid key in the X-API-Key header, or a valid bearer token');
}
