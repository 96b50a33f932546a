import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { JobMirror } from '../storage/job-mirror.store.js';
import { MediaStore } from '../storage/media.store.js';
import { StatusCache, type StatusSnapshot } from '../storage/status-cache.store.js';
import type { Job } from './job.js';
import { JobsRepository } from './jobs.repository.js';
import { statusSnapshot } from './status-snapshot.js';

/** The layer that answered. */
export type StatusSource = 'memory' | 'redis' | 'dynamodb' | 'postgres';

export interface FoundStatus extends StatusSnapshot {
  source: StatusSource;
}

const MEMORY_BYTES = 32 * 1024 * 1024;
const SEEN_JOBS = 50_000;
const UNKNOWN_TTL_MS = 1_000;

/**
 * Reads a job's status from the first layer that has it: memory (finished jobs only, they cannot change), Redis,
 * DynamoDB, PostgreSQL. A layer that fails, or is behind what this process has already shown, is passed over; what a
 * lower layer gives is written to Redis before it is shown, so that no other process shows less afterwards.
 */
@Injectable()
export class JobStatusReader {
  private readonly memory = new LRUCache<string, StatusSnapshot>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: (snapshot) => snapshot.body.length + 200,
  });
  private readonly shownVersions = new LRUCache<string, number>({ max: SEEN_JOBS });
  private readonly unknown = new LRUCache<string, true>({ max: 10_000, ttl: UNKNOWN_TTL_MS });
  private readonly underWay = new Map<string, Promise<FoundStatus | undefined>>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly cache: StatusCache,
    private readonly table: JobMirror,
    private readonly media: MediaStore,
  ) {}

  /** The newest status known, or undefined when there is no such job. */
  async read(jobId: string): Promise<FoundStatus | undefined> {
    const kept = this.memory.get(jobId);
    if (kept) return { ...kept, source: 'memory' };
    if (this.unknown.has(jobId)) return undefined;
    const cached = await this.fromLayer(() => this.cache.get(jobId), jobId);
    if (cached) return this.show(jobId, cached, 'redis');
    return this.readOnce(jobId);
  }

  /** The status of a job just read from PostgreSQL, made known to the upper layers. */
  async publish(job: Job): Promise<FoundStatus> {
    const snapshot = statusSnapshot(job, this.media);
    await this.repair(job.jobId, snapshot);
    return this.show(job.jobId, snapshot, 'postgres');
  }

  /** One look at the lower layers a job, however many ask at once. */
  private readOnce(jobId: string): Promise<FoundStatus | undefined> {
    const running = this.underWay.get(jobId);
    if (running) return running;
    const reading = this.readLowerLayers(jobId).finally(() => this.underWay.delete(jobId));
    this.underWay.set(jobId, reading);
    return reading;
  }

  private async readLowerLayers(jobId: string): Promise<FoundStatus | undefined> {
    const mirrored = await this.fromLayer(() => this.table.get(jobId), jobId);
    if (mirrored) {
      await this.repair(jobId, mirrored);
      return this.show(jobId, mirrored, 'dynamodb');
    }
    const job = await this.jobs.find(jobId);
    if (job) return this.publish(job);
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

  private async repair(jobId: string, snapshot: StatusSnapshot): Promise<void> {
    await this.cache.put(jobId, snapshot).catch(() => undefined);
  }

  private show(jobId: string, snapshot: StatusSnapshot, source: StatusSource): FoundStatus {
    if (snapshot.final) this.memory.set(jobId, snapshot);
    else this.shownVersions.set(jobId, Math.max(snapshot.version, this.shownVersions.get(jobId) ?? 0));
    return { ...snapshot, source };
  }
}
