import type { IdempotencyKey } from '../idempotency/idempotency-key.js';
import type { GenerationPlan } from '../models/plan-generation.js';
import type { Origin } from '../tracing/tracing.js';
import type { NewJob } from './accepted-jobs.repository.js';

/** A job to be made of a plan. */
export interface GenerationOrder {
  owner: string | null;
  userId: string;
  plan: GenerationPlan;
  /** The request that it comes by, if any. */
  origin?: Origin;
  /** The job that this one repeats. */
  retriedFrom?: string;
  /** The script that it is made for. */
  scriptId?: string;
  /** Under which the order has effect only once. */
  key?: IdempotencyKey | undefined;
  /** How long the client waits for the job's end. */
  waitSeconds?: number | undefined;
}

/** The job as it is stored. */
export function newJob(jobId: string, order: GenerationOrder): NewJob {
  const { owner, userId, plan, origin, retriedFrom, scriptId } = order;
  const { model, provider } = plan;
  return {
    jobId,
    owner,
    userId,
    mediaType: model.mediaType,
    modelId: model.modelId,
    parameters: plan.parameters,
    providerModel: provider.model,
    providerVersion: provider.version ?? versionOf(plan),
    providerKind: provider.kind,
    providerInput: plan.providerInput,
    warnings: plan.warnings,
    estimatedCost: plan.estimatedCost,
    estimatedTimeSeconds: plan.estimatedTimeSeconds,
    ...origin,
    ...(retriedFrom === undefined ? {} : { retriedFrom }),
    ...(scriptId === undefined ? {} : { scriptId }),
  };
}

/** The version to fall back to when the provider turns out not to run an official model by name. */
function versionOf({ model, provider }: GenerationPlan): string | null {
  const own = provider.model === model.provider.runs.model;
  return own && /^[0-9a-f]{64}$/.test(model.version) ? model.version : null;
}
