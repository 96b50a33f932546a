import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import type { Prediction } from '../models/prediction.js';
import { sendMessages } from '../outbox/outbox.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import type { Job } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobsRepository } from './jobs.repository.js';
import { consequence } from './prediction-outcome.js';

/** A word on what came of applying a prediction. */
export type Applied = 'moved' | 'no effect' | 'surplus';

const TRIES = 5;

/** Applies what is known of a prediction to its job, however it came to be known. */
@Injectable()
export class PredictionsService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /**
   * Moves the job that has the prediction (`jobId` while none has it) as the prediction demands. When somebody else moved it meanwhile, the job is read again: what was
   * decided on an old state is never written.
   */
  async apply(jobId: string, prediction: Prediction, cause: string): Promise<Applied> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const job = await this.jobs.ownerOf(prediction.id, jobId);
      if (!job) return 'no effect';
      const applied = await this.applyTo(job, prediction, cause);
      if (applied !== 'lost race') return applied;
    }
    throw new Error(`Job ${jobId} kept moving while prediction ${prediction.id} was applied`);
  }

  private async applyTo(job: Job, prediction: Prediction, cause: string): Promise<Applied | 'lost race'> {
    const decided = consequence(job, prediction);
    if (decided.kind === 'none') return 'no effect';
    if (decided.kind === 'surplus') {
      await this.cancelSurplus(job, prediction);
      return 'surplus';
    }
    const moved = await this.lifecycle.move({ ...decided.move, jobId: job.jobId, cause, from: [job.state] });
    return moved ? 'moved' : 'lost race';
  }

  private async cancelSurplus({ jobId, replicateId }: Job, surplus: Prediction): Promise<void> {
    this.logger.warn('surplus-prediction', { jobId, replicateId, surplusReplicateId: surplus.id });
    await sendMessages(this.database, [message('cancel-prediction', { jobId, replicateId: surplus.id })]);
  }
}
