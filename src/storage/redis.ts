import { Redis } from 'ioredis';

const READ_TIMEOUT_MS = 150;
const CONNECT_TIMEOUT_MS = 2_000;
const DISCONNECT_TIMEOUT_MS = 250;

/**
 * A client for the cache: a Redis that is down fails a command at once, a hung one after `timeoutMs`, so that a reader
 * passes on to the next layer. It reconnects by itself.
 */
export function createCacheRedis(url: string, timeoutMs = READ_TIMEOUT_MS): Redis {
  const redis = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
    enableAutoPipelining: true,
  });
  // Without a listener ioredis prints every failed reconnect; the failing commands tell already.
  redis.on('error', () => undefined);
  return redis;
}
