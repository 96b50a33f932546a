import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { crashPoint } from '../crash-points.js';
import { Logger } from '../logging/logger.js';
import { ReplicateProvider, type CreateOutcome, type Postponement } from '../models/replicate.provider.js';
import { MessageQueue } from '../queue/message-queue.js';
import { message, type Message } from '../queue/messages.js';
import type { Job, JobError } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { jobLogFields } from './job-log-fields.js';
import { deadlineSeconds, PATIENCE_SECONDS } from './patience.js';
import { PredictionsService } from './predictions.service.js';

/** How long after a create whose answer was lost the job is looked at: the webhook has had its chance by then. */
const UNCLEAR_CHECK_SECONDS = 10;

const LONGEST_HOLD_UP_MS = 10_000;
const LONGEST_POSTPONEMENT_SECONDS = 300;

/**
 * Submits pending jobs. The attempt is committed before the one POST; afterwards the job stands in `submitting` until
 * an answer, a webhook or a listing tells what became of it.
 */
@Injectable()
export class SubmissionService {
  constructor(
    private readonly lifecycle: JobLifecycle,
    private readonly predictions: PredictionsService,
    private readonly provider: ReplicateProvider,
    private readonly queue: MessageQueue,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  async submit(jobId: string): Promise<void> {
    const nonce = randomUUID();
    const startedAt = performance.now();
    const job = await this.lifecycle.move({
      jobId,
      to: 'submitting',
      cause: 'worker',
      nonce,
      checkAfterSeconds: UNCLEAR_CHECK_SECONDS + 30,
    });
    if (!job) return;
    if (job.cancelRequestedAt !== null) {
      await this.lifecycle.move({ jobId, ofNonce: nonce, to: 'canceled', cause: 'cancel' });
      return;
    }
    // Held up for long, the attempt may have been given up meanwhile; nothing was sent under its nonce.
    if (performance.now() - startedAt > LONGEST_HOLD_UP_MS) return this.submitAfresh(job);
    crashPoint('submitting-committed');
    const outcome = await this.provider.create(this.requestFor(job, nonce));
    crashPoint('create-answered');
    await this.settle(job, outcome);
    crashPoint('create-recorded');
  }

  private async submitAfresh(job: Job): Promise<void> {
    const { jobId, nonce } = job;
    const move = {
      jobId,
      from: ['submitting' as const],
      ofNonce: nonce,
      to: 'pending' as const,
      cause: 'worker',
    };
    await this.lifecycle.move({ ...move, checkAfterSeconds: 60, messages: [submitMessage(job)] });
  }

  private requestFor(job: Job, nonce: string) {
    const url = new URL(`${this.settings.replicate.webhookBaseUrl}/webhook/replicate`);
    url.searchParams.set('job', job.jobId);
    url.searchParams.set('nonce', nonce);
    return {
      kind: job.providerKind,
      model: job.providerModel,
      version: job.providerVersion,
      input: job.providerInput,
      webhookUrl: url.href,
      cancelAfterSeconds: deadlineSeconds(job),
    };
  }

  private async settle(job: Job, outcome: CreateOutcome): Promise<void> {
    const { jobId } = job;
    switch (outcome.kind) {
      case 'created':
        await this.predictions.apply(jobId, outcome.prediction, 'worker');
        return;
      case 'postponed':
        return this.postpone(job, outcome);
      case 'refused':
        return this.fail(job, rejected(outcome));
      case 'unclear':
        this.logger.warn('submission-unclear', {
          ...jobLogFields(job),
          nonce: job.nonce,
          detail: outcome.detail,
        });
    }
  }

  /** Has the job submitted again later, and, where all jobs would meet the same refusal, holds the others back. */
  private async postpone(job: Job, refusal: Refusal): Promise<void> {
    const { jobId, nonce } = job;
    const { because, detail } = refusal;
    const afterSeconds = Math.max(refusal.afterSeconds, backoffSeconds(job));
    const fields = { ...jobLogFields(job), because, afterSeconds };
    if (because === 'refused_account') this.logger.error('provider-refuses-account', detail, fields);
    else this.logger.warn('submission-postponed', { ...fields, detail });
    if (because !== 'unreachable') await this.holdBackAll(refusal.afterSeconds);
    if (ageSeconds(job) > PATIENCE_SECONDS[because]) return this.fail(job, NOT_TAKEN[because]);
    await this.lifecycle.move({
      jobId,
      from: ['submitting'],
      ofNonce: nonce,
      to: 'pending',
      cause: 'worker',
      checkAfterSeconds: afterSeconds + 60,
      messages: [submitMessage(job, afterSeconds)],
    });
  }

  private async holdBackAll(seconds: number): Promise<void> {
    await this.queue.pause('submit-job', seconds).catch((error: unknown) => {
      this.logger.error('pause-submissions', error);
    });
  }

  private async fail({ jobId, nonce }: Job, error: JobError): Promise<void> {
    await this.lifecycle.move({
      jobId,
      from: ['submitting'],
      ofNonce: nonce,
      to: 'failed',
      cause: 'worker',
      error,
    });
  }
}

type Refusal = Extract<CreateOutcome, { kind: 'postponed' }>;

/** The message that has the job submitted once more. */
export function submitMessage({ jobId, attempt }: Job, delaySeconds = 0): Message {
  const round = attempt === 0 ? {} : { round: String(attempt) };
  return message('submit-job', { jobId, ...round }, delaySeconds * 1_000);
}

/** Grows with the attempts, so that a provider that is away for long is asked less and less. */
function backoffSeconds({ attempt }: Job): number {
  return Math.min(2 ** (attempt - 1), LONGEST_POSTPONEMENT_SECONDS);
}

/** From acceptance to the attempt under way, by the database's clock. */
function ageSeconds({ createdAt, updatedAt }: Job): number {
  return (updatedAt.getTime() - createdAt.getTime()) / 1_000;
}

function rejected({ detail }: { detail: string }): JobError {
  const message = 'The provider refused the request; nothing was billed';
  return { code: 'provider_rejected', message, retryable: false, detail };
}

/** Why a job ends that the provider did not take in all the time that it was given. */
const NOT_TAKEN: Record<Postponement, JobError> = {
  throttled: notTaken('The provider had no room for the request for too long; nothing was billed'),
  unreachable: notTaken('The provider could not be reached for too long; nothing was billed'),
  refused_account: notTaken('The service could not use the provider for too long; nothing was billed'),
};

function notTaken(message: string): JobError {
  return { code: 'provider_unavailable', message, retryable: true };
}
