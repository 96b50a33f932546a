import type { MediaType, Model } from './model.js';
import { modelsOf } from './registry-entry.js';
import { modelFaults, registryFaults } from './registry-faults.js';
import { remainderOf } from './registry-remainder.js';
import { shapeFaults } from './registry-shape.js';

/** The registry cannot be used; the message lists every fault. */
export class RegistryError extends Error {
  constructor(
    source: string,
    readonly faults: string[],
  ) {
    super(
      `The model registry (${source}) cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
    );
    this.name = 'RegistryError';
  }
}

/** The models that can be asked for, in the order of the registry. */
export class ModelRegistry {
  private readonly byId: ReadonlyMap<string, Model>;

  constructor(models: readonly Model[]) {
    this.byId = new Map(models.map((model) => [model.modelId, model]));
  }

  list(mediaType?: MediaType): Model[] {
    const models = [...this.byId.values()];
    return mediaType === undefined ? models : models.filter((model) => model.mediaType === mediaType);
  }

  find(modelId: string): Model | undefined {
    return this.byId.get(modelId);
  }
}

/** Reads a registry written as JSON; `source` names it in the RegistryError that tells all faults at once. */
export function loadRegistry(json: string, source: string): ModelRegistry {
  const document = parse(json, source);
  const shape = shapeFaults(document);
  const told = shape.map(({ message }) => message);
  if (shape.some(({ path }) => path.length === 0)) throw new RegistryError(source, told);
  const { document: sound, taken, modelIds } = remainderOf(document as object, shape);
  const models = modelsOf(sound);
  const own = models.flatMap((model) => modelFaults(model, taken.get(model.modelId)));
  const faults = [...told, ...registryFaults(models, modelIds), ...own];
  if (faults.length > 0) throw new RegistryError(source, faults);
  return new ModelRegistry(models);
}

function parse(json: string, source: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RegistryError(source, [`it is not valid JSON: ${(error as Error).message}`]);
  }
}
