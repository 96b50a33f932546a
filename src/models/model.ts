export const mediaTypes = ['image', 'video', 'audio'] as const;
export type MediaType = (typeof mediaTypes)[number];

/** A JSON Schema (2020-12); named here are the keywords that the code reads. */
export interface JsonSchema extends Record<string, unknown> {
  description?: string;
  type?: string;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  not?: JsonSchema;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

export type Scalar = string | number | boolean;
/** Parameters by name, as clients give them or as the provider takes them. */
export type Values = Record<string, unknown>;

/** The schema of a model's public parameters: one object, nothing beside the listed properties. */
export interface ParametersSchema extends JsonSchema {
  type: 'object';
  properties: Record<string, JsonSchema>;
  required: string[];
  additionalProperties: false;
}

/** Where parameters match the JSON Schema `when`, they must match `must`; the fault stands `at` a parameter. */
export interface Rule {
  at: string;
  when: JsonSchema;
  must: JsonSchema;
  message: string;
}

/** Said with a plan when the parameters match `when`; `{name}` in the message stands for a parameter's value. */
export interface Warning {
  when: JsonSchema;
  message: string;
}

/** An amount that holds for the listed values of some parameters, for all where `by` is empty. */
export interface Rate {
  by: Record<string, Scalar[]>;
  amount: number;
}

/** US dollars per unit, with where the figure comes from; `hardwareSecond` is a second of the provider's machine. */
export interface Price {
  unit: 'output' | 'generation' | 'second' | 'hardwareSecond';
  currency: 'USD';
  rates: Rate[];
  source?: string;
  checkedAt?: string;
  confidence?: 'high' | 'good' | 'fair' | 'low';
}

/** How long the result plays: a parameter in seconds, or a number of frames at a rate. */
export type Length = { seconds: string } | { frames: string; framesPerSecond: string };

/** Official models run by name at their newest version; all others run by version, and a name is only told. */
export type ProviderModel =
  | { kind: 'official'; model: string; version: null }
  | { kind: 'community'; model: string | null; version: string };

/** The provider's name of a parameter, and of its values where they differ. */
export interface InputMapping {
  to: string;
  map?: Record<string, unknown>;
}

/** For models that take a ratio and an area instead of width and height: the names involved and the known sizes. */
export interface FrameMapping {
  width: string;
  height: string;
  ratio: string;
  megapixels: string;
  /** Pixels that the model makes of each ratio at full area; a quarter of the area halves both sides. */
  sizes: Record<string, [number, number]>;
  fallbackRatio: string;
  /** Greatest |ln(asked ratio ÷ known ratio)| that still counts as near. */
  tolerance: number;
  full: string;
  quarter: string;
  quarterBelowPixels: number;
}

/** Provider inputs that are set when the public parameters match `when`; with a message, the client is told. */
export interface Fix {
  when: JsonSchema;
  set: Values;
  message?: string;
}

/** Another provider model that runs the requests whose parameters match `when`. */
export interface Route {
  when: JsonSchema;
  provider: ProviderModel;
  message: string;
}

/** How public parameters become the provider's input; names not in `input` stay as they are. */
export interface ProviderBinding {
  runs: ProviderModel;
  input: Record<string, InputMapping>;
  fixed: Values;
  fixes: Fix[];
  routes: Route[];
  frame?: FrameMapping;
}

/** One entry of the registry: what clients may ask for, what it costs, and how the provider is asked. */
export interface Model {
  modelId: string;
  mediaType: MediaType;
  /** Version last seen at the provider; pinned for community models, told only for official ones. */
  version: string;
  description: string;
  enabled: boolean;
  deprecatedAt?: string;
  /** modelId of the model to use instead. */
  successor?: string;
  estimatedTimeSeconds: number;
  parameters: ParametersSchema;
  defaults: Values;
  rules: Rule[];
  warnings: Warning[];
  /** The list price: what estimates show. */
  pricing: Price;
  /** What the provider is known to charge; its rates need not cover every request. */
  providerPrice?: Price;
  /** Parameter that gives the number of outputs; one output without it. */
  outputs?: string;
  length?: Length;
  provider: ProviderBinding;
}
