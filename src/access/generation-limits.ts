import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { AppError, type RateLimit } from '../errors.js';
import type { Quota, Taking } from '../storage/quota.store.js';
import type { Caller } from './caller.js';
import { RateLimiter } from './rate-limiter.js';

const HOUR_MS = 3_600_000;

/** How many generations a user, and a key with a limit of its own, may start in an hour. */
@Injectable()
export class GenerationLimits {
  private readonly perUser: number;

  constructor(
    private readonly limiter: RateLimiter,
    { access }: Settings,
  ) {
    this.perUser = access.rateLimitPerHour;
  }

  /** Counts `amount` generations, all or none, and tells what is left; throws `rate_limited`. */
  async take(caller: Caller, userId: string, amount: number): Promise<RateLimit> {
    const quotas = this.quotasOf(caller, userId);
    const taking = await this.limiter.take(quotas, amount);
    const tightest = tightestOf(quotas, taking);
    if (taking.granted) return tightest;
    const excess = Math.min(...quotas.map(({ limit }) => limit)) < amount;
    throw new AppError(
      'rate_limited',
      excess
        ? `These are ${amount} generations, more than the ${tightest.limit} of a whole hour: ask for fewer at once`
        : `At most ${tightest.limit} generations an hour, ${tightest.remaining} are left: wait ${tightest.resetSeconds} s`,
      { retryAfterSeconds: tightest.resetSeconds, rateLimit: tightest },
    );
  }

  /** A key's own limit is granted instead of its user's, for whom it is counted too. */
  private quotasOf({ owner, rateLimitPerHour }: Caller, userId: string): Quota[] {
    const limit = Math.max(this.perUser, rateLimitPerHour ?? 0);
    const ofUser = { key: `ratelimit:user:${userId}:hour`, limit, windowMs: HOUR_MS };
    if (rateLimitPerHour === undefined) return [ofUser];
    return [ofUser, { key: `ratelimit:${owner}:hour`, limit: rateLimitPerHour, windowMs: HOUR_MS }];
  }
}

/** The quota of which least is left. */
function tightestOf(quotas: Quota[], { uses }: Taking): RateLimit {
  const limits = quotas.map(({ limit }, index) => ({
    limit,
    remaining: Math.max(0, limit - uses[index]!.used),
    resetSeconds: Math.max(1, Math.ceil(uses[index]!.resetMs / 1_000)),
  }));
  return limits.reduce((tightest, other) => (other.remaining < tightest.remaining ? other : tightest));
}
