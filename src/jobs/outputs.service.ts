import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { AppError, type ErrorCode } from '../errors.js';
import { Logger } from '../logging/logger.js';
import { MediaIngest } from '../media/ingest.js';
import { mediaPrefix, metadataKey } from '../media/object-keys.js';
import type { IngestRequest, StoredOutput } from '../media/stored-output.js';
import { storableText } from '../models/prediction.js';
import { ModelRegistry } from '../models/registry.js';
import type { Delivery } from '../queue/message-consumer.js';
import { Database } from '../storage/database.js';
import { MediaStore } from '../storage/media.store.js';
import type { Job, JobError, JobOutput } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { jobLogFields } from './job-log-fields.js';
import { JobStepsRepository, type FailedStoring } from './job-steps.repository.js';
import { JobsRepository } from './jobs.repository.js';
import { MediaOutputEntity } from './media-output.entity.js';
import { storedCost } from './prediction-cost.js';
import { STORING_CHECK_SECONDS } from './prediction-outcome.js';
import { StoredObjectsRepository } from './stored-objects.repository.js';

const LEASE_RENEWAL_MS = 15_000;
const LAST_LOOK_MS = 10_000;
const GIVE_UP_AFTER_SECONDS = 55 * 60;

/** What arrived broken, or was not there, may be whole the next time. */
const FAULTS_OF_THE_SOURCE: ErrorCode[] = ['output_invalid', 'output_missing'];
const MOST_SOURCE_FAULTS = 5;

/**
 * An output that ends its worker (no fault is thrown then) is given up after as many starts; far more than a good one
 * meets by kills and deploys.
 */
const MOST_STARTS = 25;

/** Brings a finished prediction's outputs into the bucket and completes the job. */
@Injectable()
export class OutputsService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly steps: JobStepsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly objects: StoredObjectsRepository,
    private readonly ingest: MediaIngest,
    private readonly mediaStore: MediaStore,
    private readonly registry: ModelRegistry,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /** Stores and completes; a fault that trying again may mend is thrown, any other fails the job. */
  async store(jobId: string, delivery: Delivery): Promise<void> {
    const { signal } = delivery;
    const job = await this.steps.startStoring(jobId, STORING_CHECK_SECONDS);
    if (!job?.prediction) return;
    if (job.starts > MOST_STARTS)
      return this.fail(job, new Error(`It ended its worker ${MOST_STARTS} times`));
    const lease = setInterval(() => void this.renewLease(jobId), LEASE_RENEWAL_MS);
    try {
      const outputs = await this.ingest.ingest(this.ingestRequest(job), job.prediction.outputs, signal);
      await this.complete(job, outputs);
    } catch (error) {
      const ofSource = !signal.aborted && isFaultOfSource(error);
      const failed = await this.steps.noteFailedStoring(jobId, ofSource).catch(() => undefined);
      if (signal.aborted) throw error;
      if (!failed || !isFinalFault(error, failed, delivery)) throw toBeTriedAgain(error);
      await this.fail(job, error);
    } finally {
      clearInterval(lease);
    }
  }

  private async fail(job: Job, fault: unknown): Promise<void> {
    const { jobId } = job;
    this.logger.error('store-outputs', fault, jobLogFields(job));
    await this.lifecycle.move({
      jobId,
      to: 'failed',
      cause: 'worker',
      error: asJobError(fault),
      actualCost: this.costOf(job, []),
    });
  }

  private ingestRequest(job: Job): IngestRequest {
    const { jobId, userId, mediaType, createdAt } = job;
    return {
      jobId,
      userId,
      mediaType,
      createdAt,
      whileWanted: (work) => this.objects.whileStoring(jobId, work),
      facts: {
        modelId: job.modelId,
        parameters: job.parameters,
        provider: { model: job.providerModel, version: job.providerVersion },
        providerInput: job.providerInput,
        replicateId: job.replicateId,
        metrics: job.prediction?.metrics,
        estimatedCost: Number(job.estimatedCost),
      },
    };
  }

  /** While the outputs are being stored here, the job is not taken for one whose worker died. */
  private async renewLease(jobId: string): Promise<void> {
    await this.jobs.postponeCheck(jobId, STORING_CHECK_SECONDS).catch((error: unknown) => {
      this.logger.error('renew-lease', error, { jobId });
    });
  }

  private async complete(job: Job, outputs: StoredOutput[]): Promise<void> {
    const { jobId } = job;
    const cause = await this.causeOfStoring(jobId);
    await this.database.transaction(async (manager) => {
      if (!(await this.objects.holdStoring(manager, jobId))) return;
      await this.requireStored(outputs);
      // From here on the day's sums are held too: nothing is waited for any more.
      const moved = await this.lifecycle.moveWithin(manager, {
        jobId,
        to: 'completed',
        cause,
        result: { metadataKey: metadataKey(mediaPrefix(job)), outputs: outputs.map(jobOutput) },
        actualCost: this.costOf(job, outputs),
      });
      if (!moved) return;
      await manager.insert(
        MediaOutputEntity,
        outputs.map((output) => outputRow(jobId, output)),
      );
      crashPoint('completion-written');
    });
    crashPoint('completion-committed');
  }

  /** Another run may have taken an object away; with the job's row held none can any more. */
  private async requireStored(outputs: StoredOutput[]): Promise<void> {
    const signal = AbortSignal.timeout(LAST_LOOK_MS);
    const heads = await Promise.all(outputs.map(({ objectKey }) => this.mediaStore.head(objectKey, signal)));
    if (heads.some((head, index) => head?.bytes !== outputs[index]?.bytes))
      throw new AppError('storage_failed', 'A stored output is no longer there', { retryable: true });
  }

  /** What told that the prediction had ended is what completes the job; storing is only the way there. */
  private async causeOfStoring(jobId: string): Promise<string> {
    const transitions = await this.jobs.transitions(jobId);
    return transitions.find((transition) => transition.toState === 'storing')?.cause ?? 'worker';
  }

  private costOf(job: Job, outputs: StoredOutput[]): string {
    const seconds = outputs.map((output) => output.durationSeconds).filter((value) => value !== undefined);
    return storedCost(this.registry, job, {
      ...(outputs.length > 0 ? { outputs: outputs.length } : {}),
      ...(seconds.length > 0 ? { mediaSeconds: seconds.reduce((sum, value) => sum + value, 0) } : {}),
    });
  }
}

function jobOutput({ index: _index, bytes, signature: _signature, ...output }: StoredOutput): JobOutput {
  return { ...output, fileSize: bytes };
}

function outputRow(jobId: string, { index, bytes, ...output }: StoredOutput) {
  return { jobId, outputIndex: index, fileSize: bytes, ...output };
}

/**
 * The output has been paid for and the provider keeps it for an hour: until shortly before that, only what its source
 * gives again and again ends the job.
 */
function isFinalFault(error: unknown, failed: FailedStoring, { lastAttempt }: Delivery): boolean {
  if (lastAttempt || failed.seconds > GIVE_UP_AFTER_SECONDS) return true;
  if (!(error instanceof AppError) || error.retryable) return false;
  return !isFaultOfSource(error) || failed.sourceFaults >= MOST_SOURCE_FAULTS;
}

function isFaultOfSource(error: unknown): boolean {
  return error instanceof AppError && !error.retryable && FAULTS_OF_THE_SOURCE.includes(error.code);
}

function toBeTriedAgain(error: unknown): unknown {
  if (!(error instanceof AppError) || error.retryable) return error;
  return new AppError(error.code, error.message, { retryable: true, cause: error });
}

/** What clients are told; the fault's own words are for the operator. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  output_missing: 'The provider no longer has the output',
  output_invalid: 'The provider’s output is not a media file of the kind that was asked for',
  provider_timeout: 'The provider did not deliver the output in time',
  provider_unavailable: 'The provider did not deliver the output',
};

function asJobError(error: unknown): JobError {
  const code = error instanceof AppError ? error.code : 'storage_failed';
  const message = MESSAGES[code] ?? 'The output could not be stored';
  return { code, message, retryable: true, detail: storableText(String(error)) };
}
