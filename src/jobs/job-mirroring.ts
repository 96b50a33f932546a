import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { JobMirror } from '../storage/job-mirror.store.js';
import { MediaAddresses } from '../storage/media-addresses.js';
import { StatusCache, type CacheEra } from '../storage/status-cache.store.js';
import type { Job } from './job.js';
import { mirrorItem, statusSnapshot } from './status-snapshot.js';

const TABLE_TIMEOUT_MS = 2_000;

/** Writes a job's status to its mirrors (Redis, DynamoDB), which keep it unless they have a newer one. */
@Injectable()
export class JobMirroring {
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
   * forgotten with it, and has as long as Redis may be behind for its sake.
   */
  async mirror(job: Job, era: CacheEra | undefined): Promise<void> {
    const snapshot = statusSnapshot(job, this.addresses);
    const [stored] = await Promise.allSettled([this.table.put(mirrorItem(job, snapshot), TABLE_TIMEOUT_MS)]);
    crashPoint('one-mirror-written');
    await this.cache.put(job.jobId, snapshot, era);
    crashPoint('mirrors-written');
    if (stored.status === 'rejected') throw stored.reason;
  }
}
