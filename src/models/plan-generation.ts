import { invalidParameters, type Issue } from '../errors.js';
import { mediaTypes, type MediaType, type Model, type ProviderModel, type Values } from './model.js';
import { suggestion } from './nearest-name.js';
import { describeValues, parameterIssues } from './parameters.js';
import {
  amountOf,
  differsByHalf,
  outputCount,
  outputSeconds,
  plannedQuantities,
  priceOf,
  type PriceBreakdown,
} from './pricing.js';
import { providerInput, routeOf } from './provider-input.js';
import type { ModelRegistry } from './registry.js';
import { ruleIssues, ruleWarnings } from './rules.js';

/** What a client asks for. The prompt may stand here or in `parameters`; nothing has been checked yet. */
export interface GenerationRequest {
  mediaType: unknown;
  modelId: unknown;
  prompt?: unknown;
  parameters?: unknown;
}

/** A request that is valid, priced and translated for the provider. */
export interface GenerationPlan {
  model: Model;
  /** Public parameters with defaults applied and the trimmed prompt inside. */
  parameters: Values;
  provider: ProviderModel;
  providerInput: Values;
  /** US dollars by the list price, an exact decimal such as `0.96`. */
  estimatedCost: string;
  /** US dollars that the provider is expected to charge, where its price is known. */
  providerCost?: string;
  estimatedTimeSeconds: number;
  breakdown: PriceBreakdown;
  warnings: string[];
  /** Number of files that the provider will make. */
  outputs: number;
  /** Seconds that the result will play; none for images. */
  outputSeconds?: number;
}

/**
 * Validates, prices and translates a request; throws one `invalid_parameters` error that names every fault, with what the
 * request would have cost where nothing but the model's rules kept it from being billed.
 */
export function planGeneration(registry: ModelRegistry, request: GenerationRequest): GenerationPlan {
  const merged = mergePrompt(request);
  const model = typeof request.modelId === 'string' ? registry.find(request.modelId) : undefined;
  const issues = [...merged.issues, ...modelIssues(registry, request, model)];
  if (model === undefined) throw invalidParameters(issues);
  const parameters: Values = { ...model.defaults, ...merged.given };
  if (merged.prompt !== undefined) parameters.prompt = merged.prompt;
  const mergeFaults = new Set(merged.issues.map((issue) => issue.path));
  const faults = parameterIssues(model, parameters).filter((issue) => !mergeFaults.has(issue.path));
  const faulty = new Set(
    faults.map((issue) => issue.path.replace(/^parameters\./, '').replace(/[[.].*/, '')),
  );
  const broken = ruleIssues(model, parameters, faulty);
  issues.push(...faults, ...broken);
  if (faults.length > 0) throw invalidParameters(issues);
  const translated = providerInput(model, parameters);
  issues.push(...translated.issues);
  if (issues.length > 0) {
    const billable = issues.length === broken.length;
    throw invalidParameters(issues, billable ? pricedPlan(model, parameters, []).estimatedCost : undefined);
  }
  return { ...pricedPlan(model, parameters, translated.warnings), providerInput: translated.input };
}

function pricedPlan(
  model: Model,
  parameters: Values,
  notes: string[],
): Omit<GenerationPlan, 'providerInput'> {
  const quantities = plannedQuantities(model, parameters);
  const seconds = outputSeconds(model.length, parameters);
  const breakdown = priceOf(model.pricing, parameters, quantities)!;
  const estimatedCost = amountOf(breakdown);
  const charged = model.providerPrice && priceOf(model.providerPrice, parameters, quantities);
  const providerCost = charged && amountOf(charged);
  const route = routeOf(model, parameters);
  return {
    model,
    parameters,
    provider: route.provider,
    estimatedCost,
    ...(providerCost === undefined ? {} : { providerCost }),
    estimatedTimeSeconds: model.estimatedTimeSeconds,
    breakdown,
    warnings: [
      ...deprecationWarnings(model),
      ...route.warnings,
      ...notes,
      ...ruleWarnings(model, parameters, seconds),
      ...priceWarnings(estimatedCost, providerCost),
    ],
    outputs: outputCount(model, parameters),
    ...(seconds === undefined ? {} : { outputSeconds: seconds }),
  };
}

/** The parameters as given, and the prompt, wherever it stood. */
function mergePrompt(request: GenerationRequest): { given: Values; prompt: unknown; issues: Issue[] } {
  const { parameters: given = {} } = request;
  const outer = trimmed(request.prompt);
  if (!isObject(given)) {
    const issue = { path: 'parameters', message: 'parameters must be an object' };
    return { given: {}, prompt: outer, issues: [issue] };
  }
  const inner = Object.hasOwn(given, 'prompt') ? trimmed(given.prompt) : undefined;
  const differ = inner !== undefined && outer !== undefined && inner !== outer;
  const issues = differ
    ? [{ path: 'prompt', message: 'prompt and parameters.prompt differ: give the prompt once' }]
    : [];
  return { given, prompt: outer === undefined ? inner : outer, issues };
}

function modelIssues(registry: ModelRegistry, request: GenerationRequest, model: Model | undefined): Issue[] {
  const issues: Issue[] = [];
  const mediaType = mediaTypes.find((type) => type === request.mediaType);
  if (mediaType === undefined) {
    issues.push({
      path: 'mediaType',
      message: `mediaType must be ${describeValues({ enum: [...mediaTypes] })}`,
    });
  }
  if (model === undefined) {
    issues.push({ path: 'modelId', message: unknownModel(registry, request.modelId, mediaType) });
  } else if (mediaType !== undefined && mediaType !== model.mediaType) {
    const message = `${model.modelId} makes ${model.mediaType}: set mediaType to "${model.mediaType}", or choose a model of ${mediaType}`;
    issues.push({ path: 'mediaType', message });
  }
  if (model?.enabled === false) {
    const instead = model.successor ? `: use ${model.successor}` : '';
    issues.push({ path: 'modelId', message: `${model.modelId} is switched off${instead}` });
  }
  return issues;
}

function unknownModel(registry: ModelRegistry, modelId: unknown, mediaType: MediaType | undefined): string {
  if (typeof modelId !== 'string') return 'modelId must be the id of a model; GET /models lists them';
  const known = registry
    .list(mediaType)
    .filter((model) => model.enabled)
    .map((model) => model.modelId);
  const shown = JSON.stringify(modelId.slice(0, 100));
  return `modelId ${shown} is unknown${suggestion(modelId, known)}; known${mediaType ? ` for ${mediaType}` : ''}: ${known.join(', ') || 'none'}`;
}

function deprecationWarnings(model: Model): string[] {
  if (model.deprecatedAt === undefined) return [];
  const instead = model.successor ? `: use ${model.successor}` : '';
  return [`${model.modelId} is deprecated since ${model.deprecatedAt}${instead}`];
}

function priceWarnings(listed: string, charged: string | undefined): string[] {
  if (charged === undefined || !differsByHalf(listed, charged)) return [];
  return [`The provider is expected to charge ${charged} USD, while the list price is ${listed} USD`];
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}
