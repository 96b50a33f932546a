import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { JobMirror, type JobMirrorItem } from '../storage/job-mirror.store.js';
import { MediaAddresses } from '../storage/media-addresses.js';
import { StatusCache, type CacheEra } from '../storage/status-cache.store.js';
import type { Job } from './job.js';
import { mirrorItem, statusSnapshot } from './status-snapshot.js';

const TABLE_TIMEOUT_MS = 2_000;

/** For so long after a fault the table is not asked: Redis must not fall behind for its sake. */
const TABLE_RESTS_MS = 5_000;

/** Writes a job's status to its mirrors (Redis, DynamoDB), which keep it unless they have a newer one. */
@Injectable()
export class JobMirroring {
  private tableRestsUntil = 0;

  constructor(
    private readonly cache: StatusCache,
    private readonly table: JobMirror,
    private readonly addresses: MediaAddresses,
  ) {}

  /** The cache's era, to be asked for before the jobs are read that `mirror` gets. */
  get era(): CacheEra | undefined {
    return this.cache.era;
  }

  /**
   * Writes both mirrors; fails when either did not take the write. The table comes first, so that what Redis shows is not
   * forgotten with it, unless it has just failed.
   */
  async mirror(job: Job, era: CacheEra | undefined): Promise<void> {
    const snapshot = statusSnapshot(job, this.addresses);
    const [stored] = await Promise.allSettled([this.toTable(mirrorItem(job, snapshot))]);
    crashPoint('one-mirror-written');
    await this.cache.put(job.jobId, snapshot, era);
    crashPoint('mirrors-written');
    if (stored.status === 'rejected') throw stored.reason;
  }

  private async toTable(item: JobMirrorItem): Promise<void> {
    if (performance.now() < this.tableRestsUntil) throw new Error('DynamoDB failed a moment ago');
    try {
      await this.table.put(item, TABLE_TIMEOUT_MS);
    } catch (error) {
      this.tableRestsUntil = performance.now() + TABLE_RESTS_MS;
      throw error;
    }
  }
}
