import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Batches } from './batches.js';

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
 * Serves takings one after the other; each takes from all its quotas or from none. KEYS the quotas of all; ARGV for each
 * taking how many are its own and the amount, then limit and window (ms) of each. Returns for each taking whether it was
 * granted (0|1), then what is used and when the window ends (ms) of each quota.
 */
const TAKE = `
local answer = {}
local key, arg = 1, 1
while arg <= #ARGV do
  local count, amount = tonumber(ARGV[arg]), ARGV[arg + 1]
  local granted = 1
  for i = 0, count - 1 do
    local used = tonumber(redis.call('GET', KEYS[key + i]) or '0')
    if used + tonumber(amount) > tonumber(ARGV[arg + 2 + 2 * i]) then granted = 0 end
  end
  answer[#answer + 1] = granted
  for i = 0, count - 1 do
    local name = KEYS[key + i]
    if granted == 1 and amount ~= '0' then redis.call('INCRBY', name, amount) end
    local left = redis.call('PTTL', name)
    if left < 0 then
      left = tonumber(ARGV[arg + 3 + 2 * i])
      redis.call('PEXPIRE', name, left)
    end
    answer[#answer + 1] = tonumber(redis.call('GET', name) or '0')
    answer[#answer + 1] = left
  end
  key = key + count
  arg = arg + 2 + 2 * count
end
return answer`;

/** One call at a time: what arrives meanwhile shares the next. */
const CALLS = { atOnce: 1, most: 100 };

type QuotaRedis = Redis & { takeQuotas(keyCount: number, ...args: (string | number)[]): Promise<number[]> };

interface Order {
  quotas: Quota[];
  amount: number;
  answered: (taking: Taking) => void;
  failed: (error: unknown) => void;
}

/**
 * Counts against limits that all processes keep together, in Redis. Takings that come while Redis is asked go to it
 * together: a call for each would cost a busy API a third of its time.
 */
export class QuotaStore implements OnApplicationShutdown {
  private readonly redis: QuotaRedis;
  private readonly orders: Batches<Order> = new Batches<Order>(CALLS, (batch) => this.settle(batch));

  constructor(redis: Redis) {
    redis.defineCommand('takeQuotas', { lua: TAKE });
    this.redis = redis as QuotaRedis;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  /** Takes `amount` from every quota, or from none when one of them has not so much left. */
  take(quotas: Quota[], amount: number): Promise<Taking> {
    return new Promise((answered, failed) => this.orders.add({ quotas, amount, answered, failed }));
  }

  /** A Redis that fails fails those that wait, too: they would only wait longer. */
  private async settle(batch: Order[]): Promise<void> {
    try {
      const facts = (await this.call(batch)).values();
      for (const { quotas, answered } of batch) answered(takingOf(quotas, facts));
    } catch (error) {
      for (const { failed } of [...batch, ...this.orders.takeWaiting()]) failed(error);
    }
  }

  private call(batch: Order[]): Promise<number[]> {
    const keys = batch.flatMap(({ quotas }) => quotas.map(({ key }) => key));
    const rules = batch.flatMap(({ quotas, amount }) => [
      quotas.length,
      amount,
      ...quotas.flatMap(({ limit, windowMs }) => [limit, windowMs]),
    ]);
    return this.redis.takeQuotas(keys.length, ...keys, ...rules);
  }
}

/** Reads the next taking of the script's answer. */
function takingOf(quotas: Quota[], facts: Iterator<number, undefined>): Taking {
  const next = () => facts.next().value!;
  const granted = next() === 1;
  return { granted, uses: quotas.map(() => ({ used: next(), resetMs: next() })) };
}
