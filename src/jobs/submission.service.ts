import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { ReplicateProvider, type CreateOutcome } from '../models/replicate.provider.js';
import { message } from '../queue/messages.js';
import type { Job } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { PredictionsService } from './predictions.service.js';

/** How long after a create whose answer was lost the job is looked at: the webhook has had its chance by then. */
const UNCLEAR_CHECK_SECONDS = 10;

const LONGEST_HOLD_UP_MS = 10_000;
const LONGEST_POSTPONEMENT_SECONDS = 300;

/** A prediction runs at most this long, waiting included, before the provider ends it. */
const SHORTEST_DEADLINE_SECONDS = 900;
const LONGEST_DEADLINE_SECONDS = 1_800;

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
    // Held up for long, the attempt may have been given up meanwhile: it is left to the check.
    if (performance.now() - startedAt > LONGEST_HOLD_UP_MS) return;
    await this.settle(job, await this.provider.create(this.requestFor(job, nonce)));
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
        return this.postpone(job, Math.max(outcome.afterSeconds, backoffSeconds(job)), outcome.detail);
      case 'refused':
        await this.lifecycle.move({
          jobId,
          from: ['submitting'],
          ofNonce: job.nonce,
          to: 'failed',
          cause: 'worker',
          error: rejected(outcome),
        });
        return;
      case 'unclear':
        this.logger.warn('submission-unclear', { jobId, nonce: job.nonce, detail: outcome.detail });
    }
  }

  private async postpone({ jobId, nonce }: Job, afterSeconds: number, detail: string): Promise<void> {
    this.logger.warn('submission-postponed', { jobId, afterSeconds, detail });
    await this.lifecycle.move({
      jobId,
      from: ['submitting'],
      ofNonce: nonce,
      to: 'pending',
      cause: 'worker',
      checkAfterSeconds: afterSeconds + 60,
      messages: [message('submit-job', { jobId }, afterSeconds * 1_000)],
    });
  }
}

/** Grows with the attempts, so that a provider that is away for long is asked less and less. */
function backoffSeconds({ attempt }: Job): number {
  return Math.min(2 ** (attempt - 1), LONGEST_POSTPONEMENT_SECONDS);
}

function deadlineSeconds(job: Job): number {
  return Math.max(
    SHORTEST_DEADLINE_SECONDS,
    Math.min(LONGEST_DEADLINE_SECONDS, 20 * job.estimatedTimeSeconds),
  );
}

function rejected({ detail }: { detail: string }) {
  const message = 'The provider refused the request; nothing was billed';
  return { code: 'provider_rejected', message, retryable: false, detail };
}
