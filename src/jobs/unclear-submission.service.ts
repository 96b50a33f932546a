import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import type { Prediction } from '../models/prediction.js';
import { ReplicateProvider } from '../models/replicate.provider.js';
import type { Job, JobError } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobStepsRepository } from './job-steps.repository.js';
import { JobsRepository } from './jobs.repository.js';
import { PATIENCE_SECONDS, UNCLEAR_SECONDS } from './patience.js';
import { PredictionsService } from './predictions.service.js';
import { submitMessage } from './submission.service.js';

/**
 * A create may be under way for 30 s, and its prediction show up in the list a minute late: until then a missing one
 * proves nothing.
 */
const LISTING_LAG_SECONDS = 90;

/** Room for clocks that differ, ours and the provider's. */
const CLOCK_MARGIN_SECONDS = 60;

const NOT_FOUND_OUT: JobError = {
  code: 'provider_unavailable',
  message: 'It could not be found out in time whether the provider had taken the request',
  retryable: true,
};

const NEVER_TAKEN: JobError = {
  code: 'provider_unavailable',
  message: 'The provider did not take the request in time; nothing was billed',
  retryable: true,
};

/** Finds out what became of a create whose answer was lost; submits anew only when surely nothing was created. */
@Injectable()
export class UnclearSubmissionService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly steps: JobStepsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly predictions: PredictionsService,
    private readonly provider: ReplicateProvider,
  ) {}

  /** Times are the database's: a worker whose clock is ahead must not take a create for lost that is under way. */
  async settle(job: Job): Promise<void> {
    const { jobId, nonce, submittedAt } = job;
    if (!submittedAt || !nonce) return;
    const age = await this.steps.submissionAge(jobId);
    const listed = await this.list(submittedAt).catch(async (error: unknown) => {
      if (age <= UNCLEAR_SECONDS) throw error;
      return { predictions: [], complete: false };
    });
    crashPoint('submissions-listed');
    const found = await this.findCreated(job, nonce, listed.predictions);
    if (found) await this.predictions.apply(jobId, found, 'poll');
    else if (listed.complete && age > LISTING_LAG_SECONDS) await this.submitAgain(job, age);
    else if (age > UNCLEAR_SECONDS) await this.fail(job, NOT_FOUND_OUT);
  }

  /** The predictions created about the time of the submission. */
  private list(submittedAt: Date) {
    const [since, until] = [-CLOCK_MARGIN_SECONDS, LISTING_LAG_SECONDS + CLOCK_MARGIN_SECONDS].map(
      (seconds) => new Date(submittedAt.getTime() + seconds * 1_000),
    );
    return this.provider.listBetween(since!, until!);
  }

  private async submitAgain(job: Job, age: number): Promise<void> {
    const waited = age + (job.submittedAt!.getTime() - job.createdAt.getTime()) / 1_000;
    if (waited > PATIENCE_SECONDS.unreachable) return this.fail(job, NEVER_TAKEN);
    await this.lifecycle.move({
      jobId: job.jobId,
      from: ['submitting'],
      ofNonce: job.nonce,
      to: 'pending',
      cause: 'poll',
      checkAfterSeconds: 60,
      messages: [submitMessage(job)],
    });
  }

  private async fail({ jobId, nonce }: Job, error: JobError): Promise<void> {
    await this.lifecycle.move({
      jobId,
      from: ['submitting'],
      ofNonce: nonce,
      to: 'failed',
      cause: 'poll',
      error,
    });
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
