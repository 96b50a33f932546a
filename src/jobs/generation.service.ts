import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../errors.js';
import type { IdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { IdempotentTransaction } from '../idempotency/idempotent-transaction.js';
import { planGeneration } from '../models/plan-generation.js';
import { ModelRegistry } from '../models/registry.js';
import { acceptedAnswer } from './accepted-answer.js';
import { AcceptedJobsRepository, type NewJob } from './accepted-jobs.repository.js';
import { BudgetedJobs } from './budgeted-jobs.js';
import { newJob, type GenerationOrder } from './generation-order.js';
import { isFinal, statusOf, type Job } from './job.js';
import { JobIntake } from './job-intake.js';

/** The answer to an order; of a job accepted just now, or given earlier under the same key. */
export interface Acceptance {
  answer: StoredAnswer;
  /** Absent when the answer is a replay. */
  jobId?: string;
}

/** How much longer than its client's wait a request may take. */
const BUSY_MARGIN_SECONDS = 5;

/** Accepts jobs. Nothing but PostgreSQL need be up. */
@Injectable()
export class GenerationService {
  constructor(
    private readonly jobs: AcceptedJobsRepository,
    private readonly intake: JobIntake,
    private readonly budgeted: BudgetedJobs,
    private readonly keys: IdempotencyRepository,
    private readonly transaction: IdempotentTransaction,
    private readonly registry: ModelRegistry,
  ) {}

  /**
   * Stores the job and the messages that start it; a repeated order gets the first answer and makes no job. Throws
   * `budget_exceeded`, with nothing stored.
   */
  async accept(order: GenerationOrder): Promise<Acceptance> {
    const { key, waitSeconds, retriedFrom, scriptId } = order;
    const jobId = uuidv7();
    const answer = acceptedAnswer(jobId, order);
    const job = newJob(jobId, order);
    if (retriedFrom !== undefined && scriptId !== undefined) {
      return this.acceptRetake(retriedFrom, job, answer, key);
    }
    if (!key) {
      await this.intake.accept(job);
      return { jobId, answer };
    }
    const busySeconds = waitSeconds === undefined ? 0 : waitSeconds + BUSY_MARGIN_SECONDS;
    if (await this.jobs.acceptUnboundOnce(job, { key, answer, busySeconds })) return { jobId, answer };
    const given = await this.keys.find(key);
    if (given) return { answer: given };
    const bound = await this.transaction.once(
      key,
      (manager) => this.storeBound(manager, job, answer),
      busySeconds,
    );
    return bound.replayed ? { answer: bound.answer } : { jobId, answer };
  }

  /** A take that is made again is the section's next take: else a producer could not choose what was paid for. */
  private async acceptRetake(
    repeated: string,
    job: NewJob,
    answer: StoredAnswer,
    key: IdempotencyKey | undefined,
  ): Promise<Acceptance> {
    const stored = await this.transaction.once(key, async (manager) => {
      await this.jobs.lockScriptOfTake(manager, repeated);
      await this.budgeted.acceptWithin(manager, [job]);
      await this.jobs.repeatTakeWithin(manager, repeated, job.jobId);
      return answer;
    });
    return stored.replayed ? { answer: stored.answer } : { jobId: job.jobId, answer };
  }

  private async storeBound(manager: EntityManager, job: NewJob, answer: StoredAnswer): Promise<StoredAnswer> {
    await this.budgeted.acceptWithin(manager, [job]);
    return answer;
  }

  /**
   * A new order with the input of an old job that has ended, and of its owner, planned and priced by the registry of
   * today. Throws `conflict` while it has not ended.
   */
  orderAgain(job: Job): GenerationOrder {
    if (!isFinal(job.state)) {
      throw new AppError('conflict', `The job is still ${statusOf(job.state)}; retry it when it has ended`);
    }
    const { jobId, owner, userId, mediaType, modelId, parameters, scriptId } = job;
    return {
      owner,
      userId,
      plan: planGeneration(this.registry, { mediaType, modelId, parameters }),
      retriedFrom: jobId,
      ...(scriptId === null ? {} : { scriptId }),
    };
  }
}
