import type { Redis } from 'ioredis';

/** Takes one token by Redis's own clock. KEYS[1] bucket; ARGV capacity, tokens per second. Returns 0, or the ms to wait. */
const TAKE = `
local now = redis.call('TIME')
local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(held[1]) or capacity
local at = tonumber(held[2]) or seconds
tokens = math.min(capacity, tokens + math.max(0, seconds - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate * 1000) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', seconds))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
return wait`;

type BucketRedis = Redis & { takeToken(key: string, capacity: number, perSecond: number): Promise<number> };

/** A token bucket shared by every process on the same Redis. */
export class TokenBucket {
  private readonly redis: BucketRedis;

  constructor(
    redis: Redis,
    private readonly key: string,
    private readonly capacity: number,
    private readonly perSecond: number,
  ) {
    redis.defineCommand('takeToken', { numberOfKeys: 1, lua: TAKE });
    this.redis = redis as BucketRedis;
  }

  /** Takes a token; returns 0 when there was one, else the milliseconds until the next. */
  take(): Promise<number> {
    return this.redis.takeToken(this.key, this.capacity, this.perSecond);
  }
}
