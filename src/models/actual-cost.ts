import type { Model, Values } from './model.js';
import type { PredictionStatus } from './prediction.js';
import { amountOf, plannedQuantities, priceOf } from './pricing.js';

const toleranceSeconds = 0.25;

/** What a finished prediction made; what is not known is taken as planned. */
export interface Outcome {
  /** Files that were made. */
  outputs?: number;
  /** Seconds that the result plays, as probed. */
  mediaSeconds?: number;
  /** Seconds that the provider's machine ran (`metrics.predict_time`). */
  predictSeconds?: number;
}

/**
 * The list price of what was really made, in US dollars as an exact decimal; `parameters` have defaults applied.
 * Undefined when the registry has changed since the plan and prices such parameters no more.
 */
export function actualCost(model: Model, parameters: Values, outcome: Outcome): string | undefined {
  const planned = plannedQuantities(model, parameters);
  const breakdown = priceOf(model.pricing, parameters, {
    outputs: outcome.outputs ?? planned.outputs,
    seconds:
      outcome.mediaSeconds === undefined ? planned.seconds : billedSeconds(model, outcome.mediaSeconds),
    hardwareSeconds: outcome.predictSeconds ?? planned.hardwareSeconds,
  });
  return breakdown && amountOf(breakdown);
}

/** Probed seconds, in milliseconds exactly, or the duration that was on offer and is met within a quarter second. */
export function billedSeconds(model: Model, probedSeconds: number): number {
  const offered = nearestOffered(model, probedSeconds);
  if (offered !== undefined && Math.abs(offered - probedSeconds) <= toleranceSeconds) return offered;
  return Math.round(probedSeconds * 1000) / 1000;
}

function nearestOffered({ length, parameters }: Model, seconds: number): number | undefined {
  if (length === undefined || !('seconds' in length)) return undefined;
  const schema = parameters.properties[length.seconds];
  if (!Array.isArray(schema?.enum)) return schema?.type === 'integer' ? Math.round(seconds) : undefined;
  const durations = schema.enum.filter((value): value is number => typeof value === 'number');
  return durations.sort((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0];
}

/** What the provider charges for a prediction that ended without its output being stored, as far as that is told. */
export interface Charge {
  status: PredictionStatus;
  /** `metrics.predict_time`; absent when it never ran. */
  predictSeconds?: number;
}

/**
 * The list price of a prediction by how it ended: one that never ran is free; a canceled one counts as planned; a failed
 * one costs the machine's time where that is what the price is for. Undefined as for `actualCost`.
 */
export function chargedCost(
  model: Model,
  parameters: Values,
  { status, predictSeconds }: Charge,
): string | undefined {
  if (status !== 'succeeded' && predictSeconds === undefined) return '0';
  if (status === 'failed' && model.pricing.unit !== 'hardwareSecond') return '0';
  return actualCost(model, parameters, predictSeconds === undefined ? {} : { predictSeconds });
}
