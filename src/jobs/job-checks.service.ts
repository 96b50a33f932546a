import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Prediction } from '../models/prediction.js';
import { ReplicateProvider } from '../models/replicate.provider.js';
import { sendMessages } from '../outbox/outbox.js';
import { MessageQueue } from '../queue/message-queue.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import type { Job } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobsRepository } from './jobs.repository.js';
import { PredictionsService } from './predictions.service.js';

/** When to look again at a job that waits for its turn. */
const BACKLOG_CHECK_SECONDS = 120;

/**
 * A create may be under way for 30 s, and its prediction show up in the list a minute late: until then a missing one
 * proves nothing.
 */
const LISTING_LAG_SECONDS = 90;

/** Room for clocks that differ, ours and the provider's. */
const CLOCK_MARGIN_SECONDS = 60;

/** The provider deletes outputs after an hour: a prediction unknown by then is lost. */
const DATA_LIFETIME_SECONDS = 3_600;

/** Looks again at an open job of which nothing was heard in time, and brings it on: webhooks and messages can be lost. */
@Injectable()
export class JobChecksService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly predictions: PredictionsService,
    private readonly provider: ReplicateProvider,
    private readonly queue: MessageQueue,
    private readonly database: Database,
  ) {}

  async check(jobId: string): Promise<void> {
    const job = await this.jobs.find(jobId);
    switch (job?.state) {
      case 'pending':
        return this.sendAgain(jobId, 'submit-job');
      case 'submitting':
        return this.settleSubmission(job);
      case 'processing':
        return this.poll(job);
      case 'storing':
        return this.sendAgain(jobId, 'store-outputs');
      default:
        return;
    }
  }

  /** While messages of that name wait for a worker, the job's is most likely among them. */
  private async sendAgain(jobId: string, name: 'submit-job' | 'store-outputs'): Promise<void> {
    if (await this.queue.hasBacklog(name)) return this.jobs.postponeCheck(jobId, BACKLOG_CHECK_SECONDS);
    await sendMessages(this.database, [message(name, { jobId })]);
  }

  private async poll(job: Job): Promise<void> {
    const { jobId, replicateId, submittedAt } = job;
    if (replicateId === null) return;
    const prediction = await this.provider.get(replicateId);
    if (prediction) {
      await this.predictions.apply(jobId, prediction, 'poll');
      await this.cancelAgain(job, prediction);
    } else if (secondsSince(submittedAt) > DATA_LIFETIME_SECONDS) {
      await this.lifecycle.move({
        jobId,
        from: ['processing'],
        to: 'failed',
        cause: 'poll',
        error: {
          code: 'output_missing',
          message: 'The provider no longer knows the prediction',
          retryable: true,
        },
      });
    }
  }

  /** A wish to cancel may have come just as the job was being submitted: a prediction that still runs is told again. */
  private async cancelAgain({ jobId, cancelRequestedAt }: Job, { id, status }: Prediction): Promise<void> {
    const running = status === 'starting' || status === 'processing';
    if (!running || cancelRequestedAt === null) return;
    await sendMessages(this.database, [message('cancel-prediction', { jobId, replicateId: id })]);
  }

  /** Finds out what became of a create whose answer was lost; submits anew only when surely nothing was created. */
  private async settleSubmission(job: Job): Promise<void> {
    const { jobId, nonce, submittedAt } = job;
    if (!submittedAt || !nonce) return;
    const since = new Date(submittedAt.getTime() - CLOCK_MARGIN_SECONDS * 1_000);
    const { predictions, complete } = await this.provider.listSince(since);
    const found = await this.findCreated(job, nonce, predictions);
    if (found) {
      await this.predictions.apply(jobId, found, 'poll');
    } else if (complete && secondsSince(submittedAt) > LISTING_LAG_SECONDS) {
      await this.lifecycle.move({
        jobId,
        from: ['submitting'],
        ofNonce: nonce,
        to: 'pending',
        cause: 'poll',
        checkAfterSeconds: 60,
        messages: [message('submit-job', { jobId })],
      });
    }
  }

  /**
   * The prediction made for the job: told by its webhook URL, or, where the list does not tell that, one of the same
   * model and input that no job has. Such predictions are alike, so it matters not which job takes which.
   */
  private async findCreated(job: Job, nonce: string, listed: Prediction[]): Promise<Prediction | undefined> {
    const own = listed.find((prediction) => prediction.webhook?.includes(nonce));
    if (own) return own;
    const alike = listed.filter((prediction) => prediction.webhook === null && isAlike(prediction, job));
    const known = await this.jobs.knownReplicateIds(alike.map((prediction) => prediction.id));
    return alike.find((prediction) => !known.has(prediction.id));
  }
}

function isAlike({ model, input }: Prediction, { providerModel, providerInput }: Job): boolean {
  const sameModel = model === null || providerModel === null || model === providerModel;
  return sameModel && isDeepStrictEqual(input, providerInput);
}

function secondsSince(time: Date | null): number {
  return time === null ? 0 : (Date.now() - time.getTime()) / 1_000;
}
