import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Logger } from '../logging/logger.js';
import { Metrics, type JobOutcome } from '../metrics/metrics.js';
import { isFinal, type Job, type JobState } from './job.js';
import { jobLogFields } from './job-log-fields.js';
import { JobsRepository, type Move } from './jobs.repository.js';

/** Moves jobs from state to state; each step that happened is logged in one line and counted. */
@Injectable()
export class JobLifecycle {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  /** Takes the step unless the job has moved on; returns the job after it, or undefined. */
  async move(move: Move): Promise<Job | undefined> {
    const job = await this.jobs.move(move);
    if (job) this.note(job, move);
    return job;
  }

  /** The same within a transaction; the caller's commit makes it true. */
  async moveWithin(manager: EntityManager, move: Move): Promise<Job | undefined> {
    const job = await this.jobs.moveWithin(manager, move);
    if (job) this.note(job, move);
    return job;
  }

  private note(job: Job, move: Move): void {
    this.log(job, move);
    if (job.state === 'submitting' && job.attempt === 1) this.metrics.jobStarted(job);
    if (isEnded(job.state)) this.metrics.jobEnded(job, job.state, ageMs(job));
  }

  private log(job: Job, { cause }: Move): void {
    const { state, version, replicateId, error } = job;
    const durationMs = isEnded(state) ? ageMs(job) : undefined;
    const fields = { ...jobLogFields(job), state, version, cause, replicateId, durationMs };
    if (error)
      this.logger.warn('job-transition', {
        ...fields,
        error: `${error.code}: ${error.detail ?? error.message}`,
      });
    else this.logger.info('job-transition', fields);
  }
}

function isEnded(state: JobState): state is JobOutcome {
  return isFinal(state);
}

/** From the job's acceptance to its latest step. */
function ageMs({ createdAt, updatedAt }: Job): number {
  return updatedAt.getTime() - createdAt.getTime();
}
