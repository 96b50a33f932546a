import { actualCost, chargedCost, type Outcome } from '../models/actual-cost.js';
import type { Prediction } from '../models/prediction.js';
import type { ModelRegistry } from '../models/registry.js';
import type { Job } from './job.js';

/** What the provider charges for the files that a job's prediction made; as planned where that is not known. */
export function storedCost(registry: ModelRegistry, job: Job, made: Omit<Outcome, 'predictSeconds'>): string {
  const model = registry.find(job.modelId);
  const outcome = { ...made, ...predictSeconds(job.prediction?.metrics) };
  return (model && actualCost(model, job.parameters, outcome)) ?? job.estimatedCost;
}

/** What the provider charges for a prediction that has ended, whose files are not stored. */
export function endCost(registry: ModelRegistry, job: Job, { status, metrics }: Prediction): string {
  const model = registry.find(job.modelId);
  const charge = { status, ...predictSeconds(metrics) };
  return (model && chargedCost(model, job.parameters, charge)) ?? job.estimatedCost;
}

function predictSeconds(metrics: Record<string, unknown> | undefined): { predictSeconds?: number } {
  const seconds = metrics?.predict_time;
  return typeof seconds === 'number' ? { predictSeconds: seconds } : {};
}
