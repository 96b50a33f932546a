import { AppError, invalidParameters, type Issue } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import { planGeneration, type GenerationPlan } from '../models/plan-generation.js';
import type { ModelRegistry } from '../models/registry.js';
import { GenerateMediaDto } from './generate-media.dto.js';

/** A checked request: who asks, and the plan of what will be made. */
export interface PlannedRequest {
  userId: string;
  plan: GenerationPlan;
}

/**
 * Reads the body of a generation. Throws one `invalid_parameters` error with every fault of the body and of the model's
 * parameters together.
 */
export function readGenerationRequest(body: unknown, registry: ModelRegistry): PlannedRequest {
  const issues = bodyIssues(GenerateMediaDto, body);
  if (issues.some((issue) => issue.path === '')) throw invalidParameters(issues);
  const request = body as GenerateMediaDto;
  const planned = tryPlan(request, registry);
  if (issues.length > 0 || planned instanceof AppError) {
    const refusal = planned instanceof AppError ? planned : invalidParameters([]);
    throw invalidParameters(
      mergeIssues(issues, refusal.issues),
      issues.length === 0 ? refusal.wouldHaveCost : undefined,
    );
  }
  return { userId: request.userId, plan: planned };
}

function tryPlan(request: GenerateMediaDto, registry: ModelRegistry): GenerationPlan | AppError {
  try {
    const { mediaType, modelId, prompt, parameters } = request;
    return planGeneration(registry, { mediaType, modelId, prompt, parameters });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_parameters') return error;
    throw error;
  }
}

/** One issue a path: where the body and the model both complain, the body's word stands. */
function mergeIssues(first: Issue[], second: Issue[]): Issue[] {
  const paths = new Set(first.map((issue) => issue.path));
  return [...first, ...second.filter((issue) => !paths.has(issue.path))];
}
