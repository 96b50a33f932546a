import { frameInput, type Frame } from './frame-size.js';
import { matches } from './json-schema.js';
import type { InputMapping, Model, ProviderModel, Values } from './model.js';
import { fillIn } from './rules.js';

/** Which provider model runs a request, and why, when that is not the model's own. */
export interface Routing {
  provider: ProviderModel;
  warnings: string[];
}

/** The provider's input for valid parameters (defaults applied), with what was changed on the way. */
export function providerInput(model: Model, parameters: Values): Frame {
  const { provider } = model;
  const frame = provider.frame
    ? frameInput(provider.frame, parameters)
    : { input: {}, warnings: [], issues: [] };
  const framed = new Set(
    provider.frame
      ? [provider.frame.width, provider.frame.height, provider.frame.ratio, provider.frame.megapixels]
      : [],
  );
  const input: Values = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (framed.has(name) || isEmpty(value)) continue;
    const mapping: InputMapping = Object.hasOwn(provider.input, name) ? provider.input[name]! : { to: name };
    input[mapping.to] = mapping.map ? mapping.map[String(value)] : value;
  }
  const fixes = provider.fixes.filter((fix) => matches(fix.when, parameters));
  const told = fixes.flatMap((fix) => (fix.message === undefined ? [] : [fillIn(fix.message, parameters)]));
  return {
    input: Object.assign(input, frame.input, provider.fixed, ...fixes.map((fix) => fix.set)) as Values,
    warnings: [...frame.warnings, ...told],
    issues: frame.issues,
  };
}

/** The provider model that runs the request: the first route whose condition holds, else the model's own. */
export function routeOf(model: Model, parameters: Values): Routing {
  const route = model.provider.routes.find((candidate) => matches(candidate.when, parameters));
  if (route === undefined) return { provider: model.provider.runs, warnings: [] };
  return { provider: route.provider, warnings: [fillIn(route.message, parameters)] };
}

// Providers read an empty text or list as a value of its own; left out, it means what the client means.
function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}
