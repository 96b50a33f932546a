import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors.js';
import { hashKey, matchesHash } from './api-key.js';
import { ADMIN, type Caller } from './caller.js';
import { KeyRing } from './key-ring.js';

type Headers = Record<string, unknown>;

/** Tells by its headers who makes a request. */
@Injectable()
export class Authenticator {
  private readonly required: boolean;
  private readonly adminKeyHash: Buffer | undefined;
  /** The bootstrap key as it was sent, once it was found right: it is not hashed again. */
  private adminKey: string | undefined;

  constructor(
    private readonly keys: KeyRing,
    { access }: Settings,
  ) {
    this.required = access.required;
    this.adminKeyHash = access.adminApiKey === undefined ? undefined : hashKey(access.adminApiKey);
  }

  /** The caller, if nothing need be computed or asked for it. */
  known(headers: Headers): Caller | undefined {
    if (!this.required) return ADMIN;
    const key = headers['x-api-key'];
    if (typeof key !== 'string') return undefined;
    return key === this.adminKey ? ADMIN : this.keys.fresh(key);
  }

  /** The caller; throws `unauthorized`, or `service_unavailable` when that cannot be told. */
  async identify(headers: Headers): Promise<Caller> {
    const key = headers['x-api-key'];
    const caller = typeof key === 'string' && key !== '' ? await this.holderOf(key) : undefined;
    if (caller) return caller;
    throw new AppError('unauthorized', 'Send a valid key in the X-API-Key header');
  }

  private async holderOf(key: string): Promise<Caller | undefined> {
    if (this.adminKeyHash && matchesHash(key, this.adminKeyHash)) {
      this.adminKey = key;
      return ADMIN;
    }
    return this.keys.find(key);
  }
}
