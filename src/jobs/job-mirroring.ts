import { Injectable } from '@nestjs/common';
import { AppError } from '../errors.js';
import { JobMirror } from '../storage/job-mirror.store.js';
import { MediaStore } from '../storage/media.store.js';
import { StatusCache } from '../storage/status-cache.store.js';
import { JobsRepository } from './jobs.repository.js';
import { mirrorItem, statusSnapshot } from './status-snapshot.js';

/** Brings the mirrors of a job's status (Redis, DynamoDB) up to PostgreSQL's version of it. */
@Injectable()
export class JobMirroring {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly cache: StatusCache,
    private readonly table: JobMirror,
    private readonly media: MediaStore,
  ) {}

  /** Writes both mirrors; fails, to be tried again, when either did not take the write. */
  async mirror(jobId: string): Promise<void> {
    const job = await this.jobs.find(jobId);
    if (!job) return;
    const snapshot = statusSnapshot(job, this.media);
    const writes = await Promise.allSettled([
      this.cache.put(jobId, snapshot),
      this.table.put(mirrorItem(job, snapshot)),
    ]);
    const failure = writes.find((write) => write.status === 'rejected');
    if (failure) {
      throw new AppError('service_unavailable', 'A mirror did not take the status', {
        retryable: true,
        cause: failure.reason,
      });
    }
  }
}
