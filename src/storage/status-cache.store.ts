import type { OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** A status body as a layer keeps it: UTF-8 JSON, the job's version and owner, and whether it can still change. */
export interface StatusSnapshot {
  version: number;
  /** Who may see it besides admins. */
  owner: string | null;
  final: boolean;
  body: Buffer | string;
}

const TTL_MS = 300_000;

/** The mirrors' writes that Redis missed while it was away are made up for by then. */
const CATCH_UP_MS = 10_000;

/** Writes only over an older version. KEYS[1] key; ARGV version, final (0|1), body, TTL in ms, owner. Returns 1 when written. */
const PUT_IF_NEWER = `
local held = redis.call('HGET', KEYS[1], 'v')
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'f', ARGV[2], 'b', ARGV[3], 'o', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

type CacheRedis = Redis & {
  putStatusIfNewer(
    key: string,
    version: number,
    final: number,
    body: Buffer | string,
    ttlMs: number,
    owner: string,
  ): Promise<number>;
};

/** Status bodies in Redis at `job:status:{jobId}` (a hash of version, owner, final flag and body) for five minutes. */
export class StatusCache implements OnApplicationShutdown {
  private readonly redis: CacheRedis;
  private lastFaultAt = -Infinity;

  constructor(redis: Redis) {
    redis.on('close', () => this.noteFault());
    redis.defineCommand('putStatusIfNewer', { numberOfKeys: 1, lua: PUT_IF_NEWER });
    this.redis = redis as CacheRedis;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  /**
   * Whether Redis has been there for this process long enough to hold what was shown while it was away. Until then what it
   * has of a job that is not over may be older than what another process has shown from a lower layer.
   */
  get hasCaughtUp(): boolean {
    return performance.now() - this.lastFaultAt > CATCH_UP_MS;
  }

  async get(jobId: string): Promise<StatusSnapshot | undefined> {
    const fields = this.redis.hmgetBuffer(keyOf(jobId), 'v', 'f', 'b', 'o');
    const [version, final, body, owner] = await this.answered(fields);
    // A version of this service that told no owner may have written it.
    if (!version || !body || !owner) return undefined;
    return {
      version: Number(version.toString()),
      owner: owner.toString() || null,
      final: final?.toString() === '1',
      body,
    };
  }

  /** Stores the snapshot unless Redis already holds this version or a newer one. */
  async put(jobId: string, snapshot: StatusSnapshot): Promise<void> {
    const { version, owner, final, body } = snapshot;
    await this.answered(
      this.redis.putStatusIfNewer(keyOf(jobId), version, final ? 1 : 0, body, TTL_MS, owner ?? ''),
    );
  }

  /** Resolves when Redis answers. */
  async ping(): Promise<void> {
    await this.redis.ping();
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.noteFault();
      throw error;
    }
  }

  private noteFault(): void {
    this.lastFaultAt = performance.now();
  }
}

function keyOf(jobId: string): string {
  return `job:status:${jobId}`;
}
