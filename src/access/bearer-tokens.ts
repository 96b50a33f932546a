import { Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { AppError } from '../errors.js';
import type { Caller } from './caller.js';
import { IssuerKeys } from './issuer-keys.js';
import { callerOf, isFor, type Claims } from './token-claims.js';

/** Signatures by a private key only: none, and HMAC by a key that others know, would let anybody sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const MOST_TOKENS = 10_000;

/** A token of a key that the issuer has withdrawn has no longer to live. */
const FRESH_MS = 60_000;
const CLOCK_TOLERANCE_SECONDS = 5;

/** What says that the issuer, and not the token, is at fault. */
const OUTAGES = ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'];

/** Reads OpenID Connect bearer tokens of the one issuer that is configured. */
@Injectable()
export class BearerTokens {
  private readonly known = new LRUCache<string, { caller: Caller; until: number }>({ max: MOST_TOKENS });
  private readonly issuer: { issuer: string; audience: string; keys: IssuerKeys } | undefined;

  constructor({ access }: Settings) {
    this.issuer = access.oidc && { ...access.oidc, keys: new IssuerKeys(access.oidc.issuer) };
  }

  /** Whether an issuer is configured. */
  get areRead(): boolean {
    return this.issuer !== undefined;
  }

  /** The bearer of a token that was verified in the last minute and has not expired. */
  fresh(token: string): Caller | undefined {
    const known = this.known.get(token);
    return known && known.until > Date.now() ? known.caller : undefined;
  }

  /** The bearer of a token, or undefined when it is not valid; throws `service_unavailable` without its issuer's keys. */
  async find(token: string): Promise<Caller | undefined> {
    if (!this.issuer) return undefined;
    const claims = await this.verify(token, this.issuer);
    const caller = claims && isFor(this.issuer.audience, claims) ? callerOf(claims) : undefined;
    if (claims && caller) {
      this.known.set(token, { caller, until: Math.min(Date.now() + FRESH_MS, Number(claims.exp) * 1_000) });
    }
    return caller;
  }

  private async verify(
    token: string,
    { issuer, keys }: { issuer: string; keys: IssuerKeys },
  ): Promise<Claims | undefined> {
    try {
      const { payload } = await jwtVerify(token, await keys.resolver(), {
        // Some issuers end their name with a slash.
        issuer: [issuer, `${issuer}/`],
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError && !OUTAGES.includes(error.code)) return undefined;
      throw new AppError('service_unavailable', 'The token cannot be checked now: try again shortly', {
        cause: error,
      });
    }
  }
}
