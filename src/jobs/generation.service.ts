import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../errors.js';
import { planGeneration, type GenerationPlan } from '../models/plan-generation.js';
import { ModelRegistry } from '../models/registry.js';
import { jobNotFound } from './cancellation.service.js';
import { isFinal, statusOf } from './job.js';
import { JobsRepository } from './jobs.repository.js';

/** What has been accepted: durable from now on. */
export interface AcceptedJob {
  jobId: string;
  plan: GenerationPlan;
}

/** Accepts jobs. Nothing but PostgreSQL need be up. */
@Injectable()
export class GenerationService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly registry: ModelRegistry,
  ) {}

  /** Stores a planned job and the messages that start it. */
  async accept(
    userId: string,
    plan: GenerationPlan,
    origin: { retriedFrom?: string } = {},
  ): Promise<AcceptedJob> {
    const jobId = uuidv7();
    const { model, provider } = plan;
    await this.jobs.accept({
      ...origin,
      jobId,
      userId,
      mediaType: model.mediaType,
      modelId: model.modelId,
      parameters: plan.parameters,
      providerModel: provider.model,
      providerVersion: provider.version,
      providerKind: provider.kind,
      providerInput: plan.providerInput,
      warnings: plan.warnings,
      estimatedCost: plan.estimatedCost,
      estimatedTimeSeconds: plan.estimatedTimeSeconds,
    });
    return { jobId, plan };
  }

  /** Accepts a new job with the input of an old one, planned and priced by the registry of today. */
  async retry(jobId: string): Promise<AcceptedJob> {
    const job = await this.jobs.find(jobId);
    if (!job) throw jobNotFound(jobId);
    if (!isFinal(job.state)) {
      throw new AppError('conflict', `The job is still ${statusOf(job.state)}; retry it when it has ended`);
    }
    const { userId, mediaType, modelId, parameters } = job;
    const plan = planGeneration(this.registry, { mediaType, modelId, parameters });
    return this.accept(userId, plan, { retriedFrom: jobId });
  }
}
