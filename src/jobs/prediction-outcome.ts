import { storableText, type Prediction, type PredictionStatus } from '../models/prediction.js';
import { message } from '../queue/messages.js';
import { isFinal, type Job, type JobError } from './job.js';
import type { Move } from './jobs.repository.js';

/** What a look at a prediction means for its job. */
export type Consequence =
  | { kind: 'none' }
  /** The job has another prediction, or none any more: this one must not run on, and what it cost is counted. */
  | { kind: 'surplus' }
  | { kind: 'move'; move: Omit<Move, 'jobId' | 'cause'> };

/** While it runs a job is looked at again after 1.5 times its estimate, but within 30 s: webhooks can be lost. */
const LONGEST_FIRST_CHECK_SECONDS = 30;

/** How long storing may take before the job is looked at again. */
export const STORING_CHECK_SECONDS = 60;

export function hasEnded(status: PredictionStatus): boolean {
  return status !== 'starting' && status !== 'processing';
}
/** Storing gives up within the hour for which the provider keeps outputs; then no run puts objects any more. */
const SWEEP_DELAY_MS = 2 * 3_600_000;

export function runningCheckSeconds(job: Job): number {
  return Math.min(1.5 * job.estimatedTimeSeconds, LONGEST_FIRST_CHECK_SECONDS);
}

/**
 * Decides what a prediction (by webhook, poll or create, in any order, any number of times) does to the job: a job goes
 * only forward, takes one prediction, and ends once.
 */
export function consequence(job: Job, prediction: Prediction): Consequence {
  const another = job.replicateId !== null && job.replicateId !== prediction.id;
  if (another || (isFinal(job.state) && job.replicateId === null)) return { kind: 'surplus' };
  if (isFinal(job.state) || job.state === 'storing') return { kind: 'none' };
  const ended = hasEnded(prediction.status);
  return ended ? { kind: 'move', move: end(job, prediction) } : adopt(job, prediction);
}

function adopt(job: Job, prediction: Prediction): Consequence {
  if (job.state === 'processing') return { kind: 'none' };
  const { jobId } = job;
  const cancel = message('cancel-prediction', { jobId, replicateId: prediction.id });
  return {
    kind: 'move',
    move: {
      to: 'processing',
      replicateId: prediction.id,
      checkAfterSeconds: runningCheckSeconds(job),
      messages: job.cancelRequestedAt === null ? [] : [cancel],
    },
  };
}

type End = Omit<Move, 'jobId' | 'cause'>;

function end(job: Job, prediction: Prediction): End {
  const { id, outputs, metrics } = prediction;
  return { replicateId: id, prediction: { outputs, metrics }, ...verdict(job, prediction) };
}

function verdict(job: Job, prediction: Prediction): End {
  switch (prediction.status) {
    case 'succeeded':
      return succeeded(job, prediction);
    case 'canceled':
    case 'aborted':
      return job.cancelRequestedAt === null
        ? { to: 'failed', error: deadlineError(prediction) }
        : { to: 'canceled' };
    default:
      return { to: 'failed', error: failureError(prediction) };
  }
}

function succeeded(job: Job, { outputs, dataRemoved }: Prediction): End {
  if (outputs.length === 0) return { to: 'failed', error: missingOutput(dataRemoved) };
  return {
    to: 'storing',
    checkAfterSeconds: STORING_CHECK_SECONDS,
    messages: [
      message('store-outputs', { jobId: job.jobId }),
      message('sweep-outputs', { jobId: job.jobId }, SWEEP_DELAY_MS),
    ],
  };
}

function missingOutput(dataRemoved: boolean): JobError {
  const message = dataRemoved
    ? 'The provider had already deleted the output when it was fetched'
    : 'The provider finished without giving an output';
  return { code: 'output_missing', message, retryable: true };
}

function deadlineError({ status, error }: Prediction): JobError {
  const message =
    status === 'aborted'
      ? 'The provider did not start the prediction in time; nothing was billed'
      : 'The provider ended the prediction because it took too long';
  return withDetail({ code: 'deadline_exceeded', message, retryable: true }, error);
}

const REFUSED_CONTENT = /nsfw|content.?policy|safety|sensitive|flagged|prohibited|moderation/i;

/** Codes that Replicate's documentation gives; those that another try cannot mend. */
const PERMANENT_CODES = ['E1001', 'E4875'];

function failureError({ error }: Prediction): JobError {
  const code = /\bE\d{4}\b/.exec(error ?? '')?.[0];
  if (code === undefined && error !== null && REFUSED_CONTENT.test(error)) {
    const message = 'The model refused the content of the request; change the prompt or the images';
    return withDetail({ code: 'content_refused', message, retryable: false }, error);
  }
  const message = code === 'E1001' ? 'The model ran out of memory; ask for less' : 'The model failed';
  const retryable = code !== undefined && !PERMANENT_CODES.includes(code);
  return withDetail({ code: 'provider_failed', message, retryable }, error);
}

function withDetail(error: JobError, detail: string | null): JobError {
  return detail === null ? error : { ...error, detail: storableText(detail.slice(0, 1_000)) };
}
