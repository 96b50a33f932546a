import type { JsonSchema, Model } from './model.js';
import type { ModelRegistry } from './registry.js';

/**
 * OpenAPI 3.1 component schemas by name: `<ModelId in Pascal case>Parameters` for each model of the registry. The prompt
 * is not required in them, since it may stand beside the parameters.
 */
export function openApiSchemas(registry: ModelRegistry): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const model of registry.list()) {
    schemas[freeName(`${pascalCase(model.modelId)}Parameters`, schemas)] = documented(model);
  }
  return schemas;
}

function documented(model: Model): JsonSchema {
  const rules = model.rules.map((rule) => `\n- ${rule.message}`);
  const description = `Parameters of ${model.modelId}. ${model.description}`;
  return {
    ...model.parameters,
    required: model.parameters.required.filter((name) => name !== 'prompt'),
    description: rules.length > 0 ? `${description}\n${rules.join('')}` : description,
  };
}

function pascalCase(modelId: string): string {
  return modelId
    .split(/[-_]/)
    .map((word) => word.replaceAll('.', ''))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function freeName(name: string, taken: Record<string, unknown>): string {
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count++) free = `${name}${count}`;
  return free;
}
