import { compileSchema } from './json-schema.js';
import type { JsonSchema, Model } from './model.js';
import { parameterIssues } from './parameters.js';
import { isParameter, priceFaults, valuesOf } from './price-faults.js';
import { parametersIn } from './rules.js';

const NONE: ReadonlySet<string> = new Set();

/** What prices are checked against; where one of these is not known, the price cannot be judged. */
const PRICED_BY = ['pricing', 'providerPrice', 'length', 'outputs', 'defaults', 'required'];

/** What is wrong between entries: ids that stand twice, successors that do not exist. */
export function registryFaults(models: Model[], modelIds: string[]): string[] {
  const twice = new Set(modelIds.filter((id, index) => modelIds.indexOf(id) !== index));
  const lost = models.filter(({ successor }) => successor !== undefined && !modelIds.includes(successor));
  return [
    ...(modelIds.length === 0 ? ['it has no model'] : []),
    ...[...twice].map((id) => `${id}: the same modelId stands under several media types`),
    ...lost.map((model) => `${model.modelId}: successor "${model.successor}" is not in the registry`),
  ];
}

/** What is wrong inside one entry whose shape is valid but for the fields `taken` out of it. */
export function modelFaults(model: Model, taken = NONE): string[] {
  const uncompiled = schemaFaults(model);
  const compiles = uncompiled.length === 0;
  const faults = [
    ...uncompiled,
    ...(compiles ? [...defaultFaults(model), ...conditionNameFaults(model)] : []),
    ...nameFaults(model),
    ...mappingFaults(model),
    ...frameFaults(model),
    ...(PRICED_BY.some((field) => taken.has(field)) ? [] : priceFaults(model)),
    ...providerFaults(model),
  ];
  return faults.map((fault) => `${model.modelId}: ${fault}`);
}

function conditions(model: Model): [string, JsonSchema][] {
  const { rules, warnings, provider } = model;
  return [
    ...rules.flatMap((rule, index): [string, JsonSchema][] => [
      [`rules[${index}].when`, rule.when],
      [`rules[${index}].must`, rule.must],
    ]),
    ...warnings.map((warning, index): [string, JsonSchema] => [`warnings[${index}].when`, warning.when]),
    ...provider.fixes.map((fix, index): [string, JsonSchema] => [`provider.fixes[${index}].when`, fix.when]),
    ...provider.routes.map((route, index): [string, JsonSchema] => [
      `provider.routes[${index}].when`,
      route.when,
    ]),
  ];
}

function schemaFaults(model: Model): string[] {
  const parameters = Object.entries(model.parameters.properties).map(
    ([name, schema]): [string, JsonSchema] => [`parameters.${name}`, schema],
  );
  return [...parameters, ...conditions(model)].flatMap(([place, schema]) => {
    try {
      compileSchema(schema);
      return [];
    } catch (error) {
      return [`${place} is not a usable JSON Schema: ${(error as Error).message}`];
    }
  });
}

function defaultFaults(model: Model): string[] {
  const missing = new Set(
    model.parameters.required.map((name) => (name === 'prompt' ? name : `parameters.${name}`)),
  );
  return parameterIssues(model, model.defaults)
    .filter(
      (issue) => !missing.has(issue.path) || Object.hasOwn(model.defaults, issue.path.replace(/^.*\./, '')),
    )
    .map((issue) => `defaults: ${issue.message}`);
}

/** Names that must be parameters, by the place where they stand. */
function nameFaults(model: Model): string[] {
  const { rules, length, outputs, provider, parameters } = model;
  const { frame } = provider;
  const named: [string, string[]][] = [
    ['required', parameters.required],
    ['outputs', outputs === undefined ? [] : [outputs]],
    ['length', length === undefined ? [] : Object.values(length)],
    ['provider.input', Object.keys(provider.input)],
    ['provider.frame', frame ? [frame.width, frame.height, frame.ratio, frame.megapixels] : []],
    ...rules.map((rule, index): [string, string[]] => [`rules[${index}].at`, [rule.at]]),
  ];
  return strangeNames(model, named);
}

function conditionNameFaults(model: Model): string[] {
  return strangeNames(
    model,
    conditions(model).map(([place, fragment]) => [place, parametersIn(fragment)]),
  );
}

function strangeNames(model: Model, named: [string, string[]][]): string[] {
  return named.flatMap(([place, names]) =>
    names
      .filter((name) => !isParameter(model, name))
      .map((name) => `${place} names "${name}", which is no parameter`),
  );
}

function mappingFaults(model: Model): string[] {
  const { input, fixed } = model.provider;
  const targets = Object.keys(model.parameters.properties).map((name) =>
    Object.hasOwn(input, name) ? input[name]!.to : name,
  );
  const all = [...targets, ...Object.keys(fixed)];
  const twice = new Set(all.filter((target, index) => all.indexOf(target) !== index));
  return [
    ...[...twice].map((target) => `provider: the input "${target}" is set by several parameters`),
    ...Object.entries(input).flatMap(([name, { map }]) => {
      const values = valuesOf(model, name);
      if (map === undefined || values === undefined) return [];
      return values
        .filter((value) => !Object.hasOwn(map, String(value)))
        .map((value) => `provider.input.${name}.map has nothing for ${JSON.stringify(value)}`);
    }),
  ];
}

function frameFaults(model: Model): string[] {
  const { frame } = model.provider;
  if (frame === undefined) return [];
  const ratios = [frame.fallbackRatio, ...(valuesOf(model, frame.ratio) ?? [])].map(String);
  return [...new Set(ratios)]
    .filter((ratio) => !Object.hasOwn(frame.sizes, ratio))
    .map((ratio) => `provider.frame.sizes has nothing for ${ratio}`);
}

function providerFaults({ provider }: Model): string[] {
  const all = [provider.runs, ...provider.routes.map((route) => route.provider)];
  return all
    .filter((runs) => runs.kind === 'community' && runs.version === '')
    .map((runs) => `provider: ${runs.model} is a community model and needs a version`);
}
