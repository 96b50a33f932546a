import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { JobMirror } from '../storage/job-mirror.store.js';
import { MediaAddresses } from '../storage/media-addresses.js';
import { StatusCache, type StatusSnapshot } from '../storage/status-cache.store.js';
import type { Job } from './job.js';
import { JobsRepository } from './jobs.repository.js';
import { mirrorItem, statusSnapshot } from './status-snapshot.js';

/** The layer that answered. */
export type StatusSource = 'memory' | 'redis' | 'dynamodb' | 'postgres';

export interface FoundStatus extends StatusSnapshot {
  source: StatusSource;
}

const MEMORY_BYTES = 32 * 1024 * 1024;
const SEEN_JOBS = 50_000;
const UNKNOWN_TTL_MS = 1_000;

/** How long a reader waits for the mirror to take what is about to be shown. */
const SHOWN_WRITE_TIMEOUT_MS = 300;

/**
 * Reads a job's status from the first layer that has it: memory (finished jobs only, they cannot change), Redis,
 * DynamoDB, PostgreSQL. DynamoDB may be behind for as long as its mirroring is held up, and Redis until it has caught up
 * after a fault: what they then say of a job that has not finished counts only when PostgreSQL is away. A layer that
 * fails, or is behind what this process has already shown, is passed over; what a lower layer gives is written to the
 * upper ones before it is shown, so that no other process shows less afterwards.
 */
@Injectable()
export class JobStatusReader {
  private readonly memory = new LRUCache<string, FoundStatus>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: (snapshot) => snapshot.body.length + 200,
  });
  private readonly shownVersions = new LRUCache<string, number>({ max: SEEN_JOBS });
  /** What this process last tried to give the upper layers: the version, and the cache's era. */
  private readonly published = new LRUCache<string, string>({ max: SEEN_JOBS });
  private readonly unknown = new LRUCache<string, true>({ max: 10_000, ttl: UNKNOWN_TTL_MS });
  private readonly underWay = new Map<string, Promise<FoundStatus | undefined>>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly cache: StatusCache,
    private readonly table: JobMirror,
    private readonly addresses: MediaAddresses,
  ) {}

  /** The newest status known, or undefined when there is no such job. */
  async read(jobId: string): Promise<FoundStatus | undefined> {
    const kept = this.kept(jobId);
    if (kept) return kept;
    if (this.unknown.has(jobId)) return undefined;
    return this.readOnce(jobId);
  }

  /** The status of a finished job, if this process keeps it. */
  kept(jobId: string): FoundStatus | undefined {
    return this.memory.get(jobId);
  }

  /** Notes that a status was shown, so that this process never shows an older one. */
  noteShown({ jobId, version }: Pick<Job, 'jobId' | 'version'>): void {
    this.shownVersions.set(jobId, Math.max(version, this.shownVersions.get(jobId) ?? 0));
  }

  /** The status of a job just read from PostgreSQL, in that era of the cache, made known to the upper layers. */
  async publish(job: Job, era = this.cache.era): Promise<FoundStatus> {
    const snapshot = statusSnapshot(job, this.addresses);
    const publishing = `${job.version} ${era?.id}`;
    if (this.published.get(job.jobId) !== publishing) {
      await Promise.allSettled([
        this.cache.put(job.jobId, snapshot, era),
        this.table.put(mirrorItem(job, snapshot), SHOWN_WRITE_TIMEOUT_MS),
      ]);
      this.published.set(job.jobId, publishing);
    }
    return this.show(job.jobId, snapshot, 'postgres');
  }

  /** One look at the layers for a job, however many ask at once. */
  private readOnce(jobId: string): Promise<FoundStatus | undefined> {
    const running = this.underWay.get(jobId);
    if (running) return running;
    const reading = this.readLayers(jobId).finally(() => {
      if (this.underWay.get(jobId) === reading) this.underWay.delete(jobId);
    });
    this.underWay.set(jobId, reading);
    return reading;
  }

  private async readLayers(jobId: string): Promise<FoundStatus | undefined> {
    const cached = await this.fromLayer(() => this.cache.get(jobId), jobId);
    const isSure = cached?.final || this.cache.hasCaughtUp;
    if (cached && isSure) return this.show(jobId, cached, 'redis');
    const mirrored = await this.fromLayer(() => this.table.get(jobId), jobId);
    if (mirrored?.final) {
      await this.cache.put(jobId, mirrored, undefined).catch(() => undefined);
      return this.show(jobId, mirrored, 'dynamodb');
    }
    const { era } = this.cache;
    const job = await this.jobs.find(jobId).catch((error: unknown) => {
      if (cached || mirrored) return undefined;
      throw error;
    });
    if (job) {
      // Who asks from here on must not get what was read before: it may have been outdone meanwhile.
      this.underWay.delete(jobId);
      return this.publish(job, era);
    }
    if (cached && cached.version >= (mirrored?.version ?? 0)) return this.show(jobId, cached, 'redis');
    if (mirrored) return this.show(jobId, mirrored, 'dynamodb');
    this.unknown.set(jobId, true);
    return undefined;
  }

  private async fromLayer(
    get: () => Promise<StatusSnapshot | undefined>,
    jobId: string,
  ): Promise<StatusSnapshot | undefined> {
    try {
      const snapshot = await get();
      const behind = snapshot && snapshot.version < (this.shownVersions.get(jobId) ?? 0);
      return behind ? undefined : snapshot;
    } catch {
      return undefined;
    }
  }

  private show(jobId: string, snapshot: StatusSnapshot, source: StatusSource): FoundStatus {
    // As text it leaves in one piece with its headers.
    const found = { ...snapshot, body: snapshot.body.toString(), source };
    if (found.final) this.memory.set(jobId, { ...found, source: 'memory' });
    this.noteShown({ jobId, version: found.version });
    return found;
  }
}
