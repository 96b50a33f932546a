import type { Redis } from 'ioredis';
import { MESSAGE_NAMES } from '../../../src/queue/messages.js';

/** What Redis holds at rest. */
export interface RedisContents {
  /** Messages that wait, are delayed or in hand. */
  queued: string[];
  /** Messages that were given up: the dead letters. */
  givenUp: string[];
  /** The version of each status that the cache holds. */
  versions: Map<string, number>;
}

export async function readRedis(redis: Redis, jobIds: string[]): Promise<RedisContents> {
  const versions = await Promise.all(
    jobIds.map(async (jobId) => [jobId, await redis.hget(`job:status:${jobId}`, 'v')] as const),
  );
  const cached = versions.flatMap(([jobId, version]) =>
    version === null ? [] : ([[jobId, Number(version)]] as const),
  );
  return { queued: await queued(redis), givenUp: await givenUp(redis), versions: new Map(cached) };
}

/** Every message in a queue that is not done, as `queue place id`. */
export async function queued(redis: Redis): Promise<string[]> {
  const found = await Promise.all(
    MESSAGE_NAMES.flatMap((name) => [
      listed(name, 'wait', redis.lrange(`bull:${name}:wait`, 0, -1)),
      listed(name, 'active', redis.lrange(`bull:${name}:active`, 0, -1)),
      listed(name, 'delayed', redis.zrange(`bull:${name}:delayed`, 0, -1)),
      listed(name, 'prioritized', redis.zrange(`bull:${name}:prioritized`, 0, -1)),
    ]),
  );
  return found.flat();
}

async function givenUp(redis: Redis): Promise<string[]> {
  const found = await Promise.all(
    MESSAGE_NAMES.map(async (name) => {
      const ids = await redis.zrange(`bull:${name}:failed`, 0, -1);
      const facts = await Promise.all(
        ids.map((id) => redis.hmget(`bull:${name}:${id}`, 'data', 'failedReason')),
      );
      return facts.map(([data, reason]) => `${name} ${data}: ${reason}`);
    }),
  );
  return found.flat();
}

async function listed(name: string, place: string, ids: Promise<string[]>): Promise<string[]> {
  return (await ids).map((id) => `${name} ${place} ${id}`);
}
