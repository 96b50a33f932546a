import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../errors.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { planGeneration } from '../models/plan-generation.js';
import { ModelRegistry } from '../models/registry.js';
import { acceptedAnswer } from './accepted-answer.js';
import { newJob, type GenerationOrder } from './generation-order.js';
import { isFinal, statusOf, type Job } from './job.js';
import { JobIntake } from './job-intake.js';
import { JobsRepository } from './jobs.repository.js';

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
    private readonly jobs: JobsRepository,
    private readonly intake: JobIntake,
    private readonly keys: IdempotencyRepository,
    private readonly registry: ModelRegistry,
  ) {}

  /** Stores the job and the messages that start it; a repeated order gets the first answer and makes no job. */
  async accept(order: GenerationOrder): Promise<Acceptance> {
    const { key, waitSeconds } = order;
    const jobId = uuidv7();
    const answer = acceptedAnswer(jobId, order);
    const job = newJob(jobId, order);
    if (!key) {
      await this.intake.accept(job);
      return { jobId, answer };
    }
    const busySeconds = waitSeconds === undefined ? 0 : waitSeconds + BUSY_MARGIN_SECONDS;
    if (await this.jobs.acceptOnce(job, { key, answer, busySeconds })) return { jobId, answer };
    const given = await this.keys.find(key);
    if (given) return { answer: given };
    throw new AppError('conflict', 'The Idempotency-Key expired just now: send the request again');
  }

  /**
   * A new order with the input of an old job that has ended, and of its owner, planned and priced by the registry of
   * today. Throws `conflict` while it has not ended.
   */
  orderAgain(job: Job): GenerationOrder {
    if (!isFinal(job.state)) {
      throw new AppError('conflict', `The job is still ${statusOf(job.state)}; retry it when it has ended`);
    }
    const { jobId, owner, userId, mediaType, modelId, parameters } = job;
    return {
      owner,
      userId,
      plan: planGeneration(this.registry, { mediaType, modelId, parameters }),
      retriedFrom: jobId,
    };
  }
}
