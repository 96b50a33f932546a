import { Injectable } from '@nestjs/common';
import { AppError } from '../errors.js';
import { Logger } from '../logging/logger.js';
import { mediaPrefix } from '../media/object-keys.js';
import { MediaStore } from '../storage/media.store.js';
import { isFinal } from './job.js';
import { JobsRepository } from './jobs.repository.js';
import { StoredObjectsRepository } from './stored-objects.repository.js';

/**
 * Deletes what a job's runs left in the store and no row names: the original of a run that was killed before it could
 * complete, of a job that failed, or of another kind than what the job was completed with.
 */
@Injectable()
export class OutputsSweepService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly objects: StoredObjectsRepository,
    private readonly store: MediaStore,
    private readonly logger: Logger,
  ) {}

  /** Only a job that is over is swept, since it names no further object; of any other a retryable `conflict` is thrown. */
  async sweep(jobId: string, signal: AbortSignal): Promise<void> {
    const job = await this.jobs.find(jobId);
    if (!job) return;
    if (!isFinal(job.state))
      throw new AppError('conflict', `The job is still ${job.state}`, { retryable: true });
    const named = await this.objects.namedKeys(jobId);
    const stored = await this.store.keys(`${mediaPrefix(job)}/`, signal);
    const orphans = stored.filter((key) => !named.has(key));
    for (const key of orphans) await this.store.delete(key, signal);
    if (orphans.length > 0) this.logger.warn('sweep-outputs', { jobId, removed: orphans.length });
  }
}
