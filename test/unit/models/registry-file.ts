import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Issue } from '../../../src/errors.js';
import { planGeneration, type GenerationPlan } from '../../../src/models/plan-generation.js';
import type { Model, Values } from '../../../src/models/model.js';
import { loadRegistry } from '../../../src/models/registry.js';

const file = join(import.meta.dirname, '../../../config/models.json');

export const registryText = readFileSync(file, 'utf8');
export const registry = loadRegistry(registryText, 'config/models.json');

export function modelNamed(modelId: string): Model {
  const model = registry.find(modelId);
  if (model === undefined) throw new Error(`no model ${modelId} in config/models.json`);
  return model;
}

/** A plan for parameters of a known model, with a prompt where it takes one. */
export function planFor(modelId: string, parameters: Values = {}): GenerationPlan {
  const model = modelNamed(modelId);
  const prompt = 'prompt' in model.parameters.properties ? 'p' : undefined;
  return planGeneration(registry, { mediaType: model.mediaType, modelId, prompt, parameters });
}

/** The issues with which something is refused; fails when it is not, or with another error. */
export function issuesOf(attempt: () => unknown): Issue[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_parameters') return error.issues;
    throw error;
  }
  throw new Error('nothing was refused');
}
