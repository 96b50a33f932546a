import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** A status body as a layer keeps it: UTF-8 JSON, the job's version, and whether it can still change. */
export interface StatusSnapshot {
  version: number;
  final: boolean;
  body: Buffer | string;
}

const TTL_MS = 300_000;

/** Writes only over an older version. KEYS[1] key; ARGV version, final (0|1), body, TTL in ms. Returns 1 when written. */
const PUT_IF_NEWER = `
local held = redis.call('HGET', KEYS[1], 'v')
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'f', ARGV[2], 'b', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

type CacheRedis = Redis & {
  putStatusIfNewer(
    key: string,
    version: number,
    final: number,
    body: Buffer | string,
    ttlMs: number,
  ): Promise<number>;
};

/** Status bodies in Redis at `job:status:{jobId}` (a hash of version, final flag and body) for five minutes. */
export class StatusCache implements OnApplicationShutdown {
  private readonly redis: CacheRedis;

  constructor(redis: Redis) {
    redis.defineCommand('putStatusIfNewer', { numberOfKeys: 1, lua: PUT_IF_NEWER });
    this.redis = redis as CacheRedis;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  async get(jobId: string): Promise<StatusSnapshot | undefined> {
    const [version, final, body] = await this.redis.hmgetBuffer(keyOf(jobId), 'v', 'f', 'b');
    if (!version || !body) return undefined;
    return { version: Number(version.toString()), final: final?.toString() === '1', body };
  }

  /** Stores the snapshot unless Redis already holds this version or a newer one. */
  async put(jobId: string, snapshot: StatusSnapshot): Promise<void> {
    await this.redis.putStatusIfNewer(
      keyOf(jobId),
      snapshot.version,
      snapshot.final ? 1 : 0,
      snapshot.body,
      TTL_MS,
    );
  }

  /** Resolves when Redis answers. */
  async ping(): Promise<void> {
    await this.redis.ping();
  }
}

function keyOf(jobId: string): string {
  return `job:status:${jobId}`;
}
