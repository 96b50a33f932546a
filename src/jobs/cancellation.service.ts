import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import { sendMessages } from '../outbox/outbox.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import { statusOf, type Job } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobsRepository } from './jobs.repository.js';

/**
 * Cancels jobs. A job not yet submitted is canceled at once; one that runs stays `processing` until the provider says
 * that it has stopped, so that no status claims an end that has not come.
 */
@Injectable()
export class CancellationService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly database: Database,
  ) {}

  /** Asks for the end of a job and returns it as it then stands; throws `job_not_found` or `conflict` (it is over). */
  async request(jobId: string): Promise<Job> {
    const job = await this.jobs.requestCancel(jobId);
    if (!job) throw await this.refusal(jobId);
    crashPoint('cancel-wished');
    const canceled = await this.lifecycle.move({ jobId, from: ['pending'], to: 'canceled', cause: 'cancel' });
    if (canceled) return canceled;
    const current = (await this.jobs.find(jobId)) ?? job;
    if (current.state === 'processing' && current.replicateId !== null) {
      const cancel = message('cancel-prediction', { jobId, replicateId: current.replicateId });
      await sendMessages(this.database, [cancel]);
    }
    return current;
  }

  private async refusal(jobId: string): Promise<AppError> {
    const job = await this.jobs.find(jobId);
    if (!job) return jobNotFound(jobId);
    return new AppError('conflict', `The job is already ${statusOf(job.state)} and cannot be canceled`);
  }
}

export function jobNotFound(jobId: string): AppError {
  return new AppError('job_not_found', `There is no job ${jobId}`);
}
