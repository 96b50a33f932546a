import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** How much may be taken under a key within a window, which begins with the first taking. */
export interface Quota {
  key: string;
  limit: number;
  windowMs: number;
}

/** What has been taken of a quota, and when its window ends. */
export interface QuotaUse {
  used: number;
  resetMs: number;
}

/** Whether it was granted, and how each quota then stands, in the order asked. */
export interface Taking {
  granted: boolean;
  uses: QuotaUse[];
}

/**
 * Takes from all quotas or from none. KEYS quotas; ARGV amount, then limit and window (ms) of each. Returns whether it
 * was granted (0|1), then what is used and when the window ends (ms) of each.
 */
const TAKE = `
local amount = tonumber(ARGV[1])
local granted = 1
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key) or '0')
  if used + amount > tonumber(ARGV[2 * i]) then granted = 0 end
end
local answer = {granted}
for i, key in ipairs(KEYS) do
  if granted == 1 and amount > 0 then redis.call('INCRBY', key, ARGV[1]) end
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[2 * i + 1])
    redis.call('PEXPIRE', key, left)
  end
  table.insert(answer, tonumber(redis.call('GET', key) or '0'))
  table.insert(answer, left)
end
return answer`;

type QuotaRedis = Redis & { takeQuota(keyCount: number, ...args: (string | number)[]): Promise<number[]> };

/** Counts against limits that all processes keep together, in Redis. */
export class QuotaStore implements OnApplicationShutdown {
  private readonly redis: QuotaRedis;

  constructor(redis: Redis) {
    redis.defineCommand('takeQuota', { lua: TAKE });
    this.redis = redis as QuotaRedis;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  /** Takes `amount` from every quota, or from none when one of them has not so much left. */
  async take(quotas: Quota[], amount: number): Promise<Taking> {
    const keys = quotas.map(({ key }) => key);
    const limits = quotas.flatMap(({ limit, windowMs }) => [limit, windowMs]);
    const [granted, ...facts] = await this.redis.takeQuota(keys.length, ...keys, amount, ...limits);
    const uses = quotas.map((_, index) => ({ used: facts[2 * index]!, resetMs: facts[2 * index + 1]! }));
    return { granted: granted === 1, uses };
  }
}
