import { randomUUID } from 'node:crypto';
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

/** What Redis remembers from being empty until it is emptied, and when it was asked for. */
export interface CacheEra {
  id: string;
  askedAt: number;
}

const TTL_MS = 300_000;

/** The mirrors' writes that Redis missed while it was away are made up for by then. */
const CATCH_UP_MS = 10_000;

const GREETING_MS = 500;

/** Whoever heard nothing from Redis for so long, held up as a whole perhaps, may not have noticed that it was away. */
const MOST_SILENCE_MS = 2_000;

/** Well within the time that Redis keeps a status: what it held of the job when it was read, it still holds. */
const MOST_AGE_MS = 60_000;

const ERA_KEY = 'job:status-era';

/** KEYS[1] the era's key; ARGV an id for a new era. Returns the present one's. */
const ERA = `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])`;

/**
 * Writes only over an older version, and what may change only in the era in which it was read. KEYS the status and the
 * era; ARGV version, final (0|1), body, TTL in ms, owner, era. Returns 1 when written, -1 when the era has ended.
 */
const PUT_IF_NEWER = `
if ARGV[2] == '0' and redis.call('GET', KEYS[2]) ~= ARGV[6] then return -1 end
local held = redis.call('HGET', KEYS[1], 'v')
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'f', ARGV[2], 'b', ARGV[3], 'o', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

type CacheRedis = Redis & {
  statusEra(key: string, newId: string): Promise<string>;
  putStatusIfNewer(
    key: string,
    eraKey: string,
    version: number,
    final: number,
    body: Buffer | string,
    ttlMs: number,
    owner: string,
    era: string,
  ): Promise<number>;
};

/**
 * Status bodies in Redis at `job:status:{jobId}` (a hash of version, owner, final flag and body) for five minutes.
 *
 * A Redis that is emptied forgets which versions it had. So its content has an era, with an id that is lost with it: who
 * writes names the era of before the job was read, and is refused when that has ended, as others may have shown more.
 */
export class StatusCache implements OnApplicationShutdown {
  private readonly redis: CacheRedis;
  private readonly greetings: NodeJS.Timeout;
  private eraId: string | undefined;
  private heardAt = -Infinity;
  private lastFaultAt = performance.now();

  /** `catchUpMs` is how long after a fault, and after its start, this process looks past what Redis has. */
  constructor(
    redis: Redis,
    private readonly catchUpMs = CATCH_UP_MS,
  ) {
    redis.defineCommand('statusEra', { numberOfKeys: 1, lua: ERA });
    redis.defineCommand('putStatusIfNewer', { numberOfKeys: 2, lua: PUT_IF_NEWER });
    this.redis = redis as CacheRedis;
    const greet = () => void this.greet().catch(() => undefined);
    redis.on('close', () => this.noteFault());
    redis.on('ready', greet);
    this.greetings = setInterval(greet, GREETING_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.greetings);
    this.redis.disconnect();
  }

  /**
   * Whether Redis has been there for this process long enough to hold what was shown while it was away. Until then what it
   * has of a job that is not over may be older than what another process has shown from a lower layer.
   */
  get hasCaughtUp(): boolean {
    return performance.now() - this.lastFaultAt > this.catchUpMs;
  }

  /** The present era, to be asked for before a job is read; undefined while Redis has not told. */
  get era(): CacheEra | undefined {
    return this.eraId === undefined ? undefined : { id: this.eraId, askedAt: performance.now() };
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

  /**
   * Stores the snapshot unless Redis already holds this version or a newer one. `era` is that of before the job was read;
   * rejects when it has ended, and nothing is stored, except for a status that is final.
   */
  async put(jobId: string, snapshot: StatusSnapshot, era: CacheEra | undefined): Promise<void> {
    const { version, owner, final, body } = snapshot;
    const isLate = era === undefined || performance.now() - era.askedAt > MOST_AGE_MS;
    const facts = [version, final ? 1 : 0, body, TTL_MS, owner ?? '', isLate ? '' : era.id] as const;
    const written = await this.answered(this.redis.putStatusIfNewer(keyOf(jobId), ERA_KEY, ...facts));
    if (written < 0) throw new Error('Redis may have forgotten newer statuses since this one was read');
  }

  /** Resolves when Redis answers. */
  async ping(): Promise<void> {
    await this.redis.ping();
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    try {
      const given = await answer;
      this.noteAnswer();
      return given;
    } catch (error) {
      this.noteFault();
      throw error;
    }
  }

  /** Learns the era, and that Redis is there. */
  private async greet(): Promise<void> {
    const id = await this.answered(this.redis.statusEra(ERA_KEY, randomUUID()));
    if (this.eraId !== undefined && this.eraId !== id) this.noteFault();
    this.eraId = id;
  }

  private noteAnswer(): void {
    const now = performance.now();
    if (now - this.heardAt > MOST_SILENCE_MS) this.noteFault();
    this.heardAt = now;
  }

  private noteFault(): void {
    this.lastFaultAt = performance.now();
  }
}

function keyOf(jobId: string): string {
  return `job:status:${jobId}`;
}
