import { Injectable } from '@nestjs/common';
import { AppError, type ErrorCode } from '../errors.js';
import { Logger } from '../logging/logger.js';
import { MediaIngest } from '../media/ingest.js';
import { mediaPrefix, metadataKey } from '../media/object-keys.js';
import type { IngestRequest, StoredOutput } from '../media/stored-output.js';
import { actualCost } from '../models/actual-cost.js';
import { storableText } from '../models/prediction.js';
import { ModelRegistry } from '../models/registry.js';
import type { Delivery } from '../queue/message-consumer.js';
import { Database } from '../storage/database.js';
import { MediaStore } from '../storage/media.store.js';
import type { Job, JobError, JobOutput } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobsRepository } from './jobs.repository.js';
import { MediaOutputEntity } from './media-output.entity.js';
import { STORING_CHECK_SECONDS } from './prediction-outcome.js';
import { StoredObjectsRepository } from './stored-objects.repository.js';

const LEASE_RENEWAL_MS = 15_000;
const LAST_LOOK_MS = 10_000;
const GIVE_UP_AFTER_MS = 55 * 60_000;

/** What arrived broken, or was not there, may be whole the next time. */
const FAULTS_OF_THE_SOURCE: ErrorCode[] = ['output_invalid', 'output_missing'];
const SOURCE_ATTEMPTS = 4;

/** Brings a finished prediction's outputs into the bucket and completes the job. */
@Injectable()
export class OutputsService {
  constructor(
    private readonly jobs: JobsRepository,
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
    const job = await this.jobs.find(jobId);
    if (job?.state !== 'storing' || !job.prediction) return;
    const lease = setInterval(() => void this.renewLease(jobId), LEASE_RENEWAL_MS);
    try {
      const outputs = await this.ingest.ingest(this.ingestRequest(job), job.prediction.outputs, signal);
      await this.complete(job, outputs);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isFinalFault(job, error, delivery)) throw toBeTriedAgain(error);
      this.logger.error('store-outputs', error, { jobId });
      await this.lifecycle.move({
        jobId,
        to: 'failed',
        cause: 'worker',
        error: asJobError(error),
        actualCost: this.costOf(job, []),
      });
    } finally {
      clearInterval(lease);
    }
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
      await this.requireStored(outputs);
    });
  }

  /** Another run may have taken an object away; from here on, with the job's row held, none can. */
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

  /** What the provider charges for what was made; as planned where that is not known. */
  private costOf(job: Job, outputs: StoredOutput[]): string {
    const model = this.registry.find(job.modelId);
    const seconds = outputs.map((output) => output.durationSeconds).filter((value) => value !== undefined);
    const predictSeconds = job.prediction?.metrics.predict_time;
    const cost =
      model &&
      actualCost(model, job.parameters, {
        ...(outputs.length > 0 ? { outputs: outputs.length } : {}),
        ...(seconds.length > 0 ? { mediaSeconds: seconds.reduce((sum, value) => sum + value, 0) } : {}),
        ...(typeof predictSeconds === 'number' ? { predictSeconds } : {}),
      });
    return cost ?? job.estimatedCost;
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
function isFinalFault(job: Job, error: unknown, { attempt, lastAttempt }: Delivery): boolean {
  const late = Date.now() - job.updatedAt.getTime() > GIVE_UP_AFTER_MS;
  if (lastAttempt || late) return true;
  if (!(error instanceof AppError) || error.retryable) return false;
  return !FAULTS_OF_THE_SOURCE.includes(error.code) || attempt >= SOURCE_ATTEMPTS;
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
