import {
  mediaTypes,
  type Fix,
  type FrameMapping,
  type InputMapping,
  type JsonSchema,
  type Length,
  type MediaType,
  type Model,
  type ParametersSchema,
  type Price,
  type ProviderModel,
  type Rate,
  type Rule,
  type Values,
  type Warning,
} from './model.js';

/** A price as written: a plain number is charged per generation, a rate without `by` holds always. */
type PriceEntry = number | (Omit<Price, 'rates'> & { rates: (Partial<Rate> & { amount: number })[] });

interface ProviderNameEntry {
  model: string;
  kind: ProviderModel['kind'];
  version?: string;
}

interface CommonEntry {
  version: string;
  description?: string;
  enabled?: boolean;
  deprecatedAt?: string;
  successor?: string;
  estimatedTime: number;
  pricing: PriceEntry;
  defaults?: Values;
}

/** The plain form: names of the parameters that are passed on as they come. */
export interface PlainEntry extends CommonEntry {
  supportedParams?: string[];
}

/** The full form: a schema for each parameter, rules, and the mapping to the provider's input. */
export interface FullEntry extends CommonEntry {
  parameters: Record<string, JsonSchema>;
  required?: string[];
  rules?: Rule[];
  warnings?: Warning[];
  providerPrice?: PriceEntry;
  outputs?: string;
  length?: Length;
  provider: ProviderNameEntry & {
    input?: Record<string, InputMapping>;
    fixed?: Values;
    fixes?: Fix[];
    routes?: (ProviderNameEntry & { when: JsonSchema; message: string })[];
    frame?: FrameMapping;
  };
}

export type Entry = PlainEntry | FullEntry;
/** The registry file: entries by modelId under each media type. */
export type RegistryDocument = Partial<Record<MediaType, Record<string, Entry>>>;

const plainPrompt: JsonSchema = {
  description: 'What to make.',
  type: 'string',
  minLength: 1,
  maxLength: 4000,
  pattern: '\\S',
};

/** Every entry of a document whose shape is valid, as a model. */
export function modelsOf(document: RegistryDocument): Model[] {
  return mediaTypes.flatMap((mediaType) =>
    Object.entries(document[mediaType] ?? {}).map(([modelId, entry]) => modelOf(mediaType, modelId, entry)),
  );
}

function modelOf(mediaType: MediaType, modelId: string, entry: Entry): Model {
  const shared = {
    modelId,
    mediaType,
    version: entry.version,
    description: entry.description ?? `${modelId} (${mediaType})`,
    enabled: entry.enabled ?? true,
    ...(entry.deprecatedAt === undefined ? {} : { deprecatedAt: entry.deprecatedAt }),
    ...(entry.successor === undefined ? {} : { successor: entry.successor }),
    estimatedTimeSeconds: entry.estimatedTime,
    defaults: entry.defaults ?? {},
    pricing: priceFrom(entry.pricing),
  };
  return 'parameters' in entry ? { ...shared, ...fullParts(entry) } : { ...shared, ...plainParts(entry) };
}

type FormParts = Omit<
  Model,
  | 'modelId'
  | 'mediaType'
  | 'version'
  | 'description'
  | 'enabled'
  | 'estimatedTimeSeconds'
  | 'defaults'
  | 'pricing'
>;

function plainParts(entry: PlainEntry): FormParts {
  const named = (entry.supportedParams ?? []).filter((name) => name !== 'prompt');
  const properties = Object.fromEntries(
    named.map((name) => [name, { description: `${name}, passed to the model as it is.` }]),
  );
  return {
    parameters: parametersSchema({ prompt: plainPrompt, ...properties }, [], entry.defaults),
    rules: [],
    warnings: [],
    provider: { runs: providerNamed(entry.version), input: {}, fixed: {}, fixes: [], routes: [] },
  };
}

function fullParts(entry: FullEntry): FormParts {
  const { provider } = entry;
  return {
    parameters: parametersSchema(entry.parameters, entry.required ?? [], entry.defaults),
    rules: entry.rules ?? [],
    warnings: entry.warnings ?? [],
    ...(entry.providerPrice === undefined ? {} : { providerPrice: priceFrom(entry.providerPrice) }),
    ...(entry.outputs === undefined ? {} : { outputs: entry.outputs }),
    ...(entry.length === undefined ? {} : { length: entry.length }),
    provider: {
      runs: providerModel({ version: entry.version, ...provider }),
      input: provider.input ?? {},
      fixed: provider.fixed ?? {},
      fixes: provider.fixes ?? [],
      routes: (provider.routes ?? []).map(({ when, message, ...name }) => ({
        when,
        message,
        provider: providerModel(name),
      })),
      ...(provider.frame === undefined ? {} : { frame: provider.frame }),
    },
  };
}

function parametersSchema(
  parameters: Record<string, JsonSchema>,
  required: string[],
  defaults: Values = {},
): ParametersSchema {
  const properties = Object.entries(parameters).map(([name, schema]) => [
    name,
    Object.hasOwn(defaults, name) ? { ...schema, default: defaults[name] } : schema,
  ]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as Record<string, JsonSchema>,
    required,
    additionalProperties: false,
  };
}

function priceFrom(entry: PriceEntry): Price {
  if (typeof entry === 'number') {
    return { unit: 'generation', currency: 'USD', rates: [{ by: {}, amount: entry }] };
  }
  return { ...entry, rates: entry.rates.map((rate) => ({ by: {}, ...rate })) };
}

function providerModel({ kind, model, version }: ProviderNameEntry): ProviderModel {
  return kind === 'official' ? { kind, model, version: null } : { kind, model, version: version ?? '' };
}

/** A plain entry names its provider model by `owner/name`, `owner/name:version` or a version alone. */
function providerNamed(version: string): ProviderModel {
  const [name = version, pinned] = version.split(':');
  const model = /^[\w.-]+\/[\w.-]+$/.test(name) ? name : null;
  if (model === null) return { kind: 'community', model, version };
  return pinned === undefined
    ? { kind: 'official', model, version: null }
    : { kind: 'community', model, version: pinned };
}
