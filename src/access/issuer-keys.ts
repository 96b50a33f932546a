import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

const TIMEOUT_MS = 5_000;

/** An unknown key id makes the keys be fetched anew, so that rotation needs no wait, at most this often. */
const COOLDOWN_MS = 10_000;
const MOST_AGE_MS = 600_000;

/** The signing keys of an issuer, found by OpenID Connect Discovery and cached. */
export class IssuerKeys {
  private found: Promise<JWTVerifyGetKey> | undefined;

  constructor(private readonly issuer: string) {}

  /** Rejects when the issuer cannot be asked; the next call asks again. */
  resolver(): Promise<JWTVerifyGetKey> {
    this.found ??= this.discover().catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    return this.found;
  }

  private async discover(): Promise<JWTVerifyGetKey> {
    const answer = await fetch(`${this.issuer}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { jwks_uri: uri } = (answer.ok ? await answer.json() : {}) as { jwks_uri?: unknown };
    if (typeof uri !== 'string') throw new Error(`${this.issuer} names no keys: ${answer.status}`);
    return createRemoteJWKSet(new URL(uri), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: MOST_AGE_MS,
    });
  }
}
