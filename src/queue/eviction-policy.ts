import { Redis } from 'ioredis';
import { SettingsError } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * Throws a SettingsError when the Redis of the queues may evict: it would lose messages under memory pressure. A Redis
 * that is away, or does not tell its policy, gets a warning in the log.
 */
export async function refuseEviction(url: string, logger: Logger): Promise<void> {
  const policy = await evictionPolicy(url, logger);
  if (policy === undefined || policy === 'noeviction') return;
  throw new SettingsError([
    `REDIS_URL names a Redis with maxmemory-policy ${policy}, which drops messages when memory is short: ` +
      'set noeviction there, and give the cache a Redis of its own by REDIS_CACHE_URL',
  ]);
}

async function evictionPolicy(url: string, logger: Logger): Promise<string | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
    if (policy === undefined) logger.warn('queue-eviction-unknown');
    return policy;
  } catch (error) {
    logger.warn('queue-eviction-unknown', { error: String(error) });
    return undefined;
  } finally {
    redis.disconnect();
  }
}
