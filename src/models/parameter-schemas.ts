import { matches } from './json-schema.js';
import type { JsonSchema, Model, ParametersSchema, Values } from './model.js';
import type { ModelRegistry } from './registry.js';

const HTTPS_URL = '^https://[^\\s\\\\/?#@]+([/?#][^\\s\\\\]*)?$';

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
  const schema = {
    ...withFrame(model, withUrls(model.parameters) as ParametersSchema),
    required: model.parameters.required.filter((name) => name !== 'prompt'),
    description: rules.length > 0 ? `${description}\n${rules.join('')}` : description,
  };
  if (rules.length === 0) return schema;
  const allOf = model.rules.map(({ when, must }) => ({
    if: beforeDefaults(when, model.defaults),
    then: beforeDefaults(must, model.defaults),
  }));
  return { ...schema, allOf };
}

/** Marks the width of a picture as one that only the service can judge: it must fit the height and the ratio. */
function withFrame({ provider }: Model, schema: ParametersSchema): ParametersSchema {
  if (provider.frame === undefined) return schema;
  const { width } = provider.frame;
  return {
    ...schema,
    properties: { ...schema.properties, [width]: { ...schema.properties[width], format: 'frame' } },
  };
}

/** Says in a pattern what `isHttpsUrl` asks of a URL besides being one. */
function withUrls(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema;
  const inner =
    properties && Object.entries(properties).map(([name, part]) => [name, withUrls(part)] as const);
  return {
    ...schema,
    ...(schema.format === 'uri' ? { pattern: HTTPS_URL } : {}),
    ...(inner ? { properties: Object.fromEntries(inner) } : {}),
    ...(items ? { items: withUrls(items) } : {}),
  };
}

/** The fragment that parameters match as they are given when they match this one with the defaults applied. */
function beforeDefaults(fragment: JsonSchema, defaults: Values): JsonSchema {
  const { required = [], properties = {}, not, ...rest } = fragment;
  const missed = Object.keys(properties).filter(
    (name) => Object.hasOwn(defaults, name) && !matches(properties[name]!, defaults[name]),
  );
  const needed = [...required.filter((name) => !Object.hasOwn(defaults, name)), ...missed];
  const parts = (['anyOf', 'allOf', 'oneOf'] as const).flatMap((keyword) => {
    const choices = rest[keyword]?.map((choice) => beforeDefaults(choice, defaults));
    return choices ? [[keyword, choices] as const] : [];
  });
  return {
    ...rest,
    ...Object.fromEntries(parts),
    ...(fragment.properties ? { properties } : {}),
    ...(needed.length > 0 ? { required: [...new Set(needed)] } : {}),
    ...(not ? { not: beforeDefaults(not, defaults) } : {}),
  };
}

/**
 * What each enabled model makes of a generation’s body: its medium, its parameters, and where its prompt stands.
 * `schemaNames` are those of `openApiSchemas`, in the registry’s order.
 */
export function requestForms(registry: ModelRegistry, schemaNames: string[]): JsonSchema[] {
  return registry.list().flatMap((model, index) => {
    if (!model.enabled) return [];
    const parameters = { $ref: `#/components/schemas/${schemaNames[index]}` };
    return [requestForm(model, parameters)];
  });
}

function requestForm(model: Model, parameters: JsonSchema): JsonSchema {
  const { prompt } = model.parameters.properties;
  const needed = model.parameters.required;
  const form = {
    title: model.modelId,
    properties: { mediaType: { const: model.mediaType }, modelId: { const: model.modelId }, parameters },
    required: needed.some((name) => name !== 'prompt') ? ['parameters'] : [],
  };
  if (prompt === undefined) return { ...form, not: { required: ['prompt'] } };
  const inner = { required: ['parameters'], properties: { parameters: { required: ['prompt'] } } };
  // A prompt in both places must be the same, which no schema can say.
  const again = { parameters: { properties: { prompt: { format: 'prompt' } } } };
  const beside = { required: ['prompt'], properties: again };
  const neither = { not: { anyOf: [{ required: ['prompt'] }, inner] } };
  const within = { ...inner, not: { required: ['prompt'] } };
  return {
    ...form,
    properties: { ...form.properties, prompt },
    anyOf: [beside, within, ...(needed.includes('prompt') ? [] : [neither])],
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
