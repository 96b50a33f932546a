import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Logger } from '../logging/logger.js';
import { isFinal, type Job } from './job.js';
import { jobLogFields } from './job-log-fields.js';
import { JobsRepository, type Move } from './jobs.repository.js';

/** Moves jobs from state to state and logs one line for each step that happened. */
@Injectable()
export class JobLifecycle {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly logger: Logger,
  ) {}

  /** Takes the step unless the job has moved on; returns the job after it, or undefined. */
  async move(move: Move): Promise<Job | undefined> {
    const job = await this.jobs.move(move);
    if (job) this.log(job, move);
    return job;
  }

  /** The same within a transaction; the caller's commit makes it true. */
  async moveWithin(manager: EntityManager, move: Move): Promise<Job | undefined> {
    const job = await this.jobs.moveWithin(manager, move);
    if (job) this.log(job, move);
    return job;
  }

  private log(job: Job, { cause }: Move): void {
    const { state, version, replicateId, error } = job;
    const durationMs = isFinal(state) ? job.updatedAt.getTime() - job.createdAt.getTime() : undefined;
    const fields = { ...jobLogFields(job), state, version, cause, replicateId, durationMs };
    if (error)
      this.logger.warn('job-transition', {
        ...fields,
        error: `${error.code}: ${error.detail ?? error.message}`,
      });
    else this.logger.info('job-transition', fields);
  }
}
