import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import type { Prediction } from '../models/prediction.js';
import { ReplicateProvider } from '../models/replicate.provider.js';
import { sendMessages } from '../outbox/outbox.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import type { Job, JobError } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobStepsRepository } from './job-steps.repository.js';
import { DATA_LIFETIME_SECONDS, deadlineSeconds, OVERDUE_SECONDS } from './patience.js';
import { hasEnded } from './prediction-outcome.js';
import { PredictionsService } from './predictions.service.js';
import { SurplusPredictionsRepository } from './surplus-predictions.repository.js';

const FORGOTTEN: JobError = {
  code: 'output_missing',
  message: 'The provider no longer knows the prediction',
  retryable: true,
};

const UNREACHABLE: JobError = {
  code: 'provider_unavailable',
  message: 'The provider could not be asked for the output until it had been deleted there',
  retryable: true,
};

const OVERDUE: JobError = {
  code: 'deadline_exceeded',
  message: 'The provider neither finished nor ended the prediction in time; it has been told to cancel it',
  retryable: true,
};

/** Asks the provider how a running job's prediction stands; no job runs for ever, whatever the provider says. */
@Injectable()
export class PredictionPollService {
  constructor(
    private readonly steps: JobStepsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly predictions: PredictionsService,
    private readonly surplus: SurplusPredictionsRepository,
    private readonly provider: ReplicateProvider,
    private readonly database: Database,
  ) {}

  async poll(job: Job): Promise<void> {
    const { jobId, replicateId } = job;
    if (replicateId === null) return;
    const age = await this.steps.submissionAge(jobId);
    const prediction = await this.askOrAbandon(job, replicateId, age);
    if (prediction === 'abandoned') return;
    if (!prediction) {
      if (age > DATA_LIFETIME_SECONDS) await this.abandon(job, replicateId, FORGOTTEN);
      return;
    }
    crashPoint('prediction-polled');
    await this.predictions.apply(jobId, prediction, 'poll');
    if (hasEnded(prediction.status)) return;
    if (age > deadlineSeconds(job) + OVERDUE_SECONDS) await this.abandon(job, replicateId, OVERDUE);
    else await this.cancelAgain(job, prediction);
  }

  /** The prediction, undefined when the provider knows none; a provider that cannot be asked is tried for a bounded time. */
  private async askOrAbandon(
    job: Job,
    replicateId: string,
    age: number,
  ): Promise<Prediction | undefined | 'abandoned'> {
    try {
      return await this.provider.get(replicateId);
    } catch (error) {
      if (age <= deadlineSeconds(job) + DATA_LIFETIME_SECONDS) throw error;
      await this.abandon(job, replicateId, UNREACHABLE);
      return 'abandoned';
    }
  }

  /** Ends the job without its prediction, which is followed as surplus until what it cost is known. */
  private async abandon({ jobId }: Job, replicateId: string, error: JobError): Promise<void> {
    await this.database.transaction(async (manager) => {
      const move = { jobId, from: ['processing' as const], to: 'failed' as const, cause: 'poll', error };
      const moved = await this.lifecycle.moveWithin(manager, move);
      if (moved) await this.surplus.noteWithin(manager, jobId, { id: replicateId, status: 'processing' });
    });
  }

  /** A wish to cancel may have come just as the job was being submitted: a prediction that still runs is told again. */
  private async cancelAgain({ jobId, cancelRequestedAt }: Job, { id }: Prediction): Promise<void> {
    if (cancelRequestedAt === null) return;
    await sendMessages(this.database, [message('cancel-prediction', { jobId, replicateId: id })]);
  }
}
