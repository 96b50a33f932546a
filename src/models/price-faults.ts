import type { Model, Price, Scalar } from './model.js';
import { describeValues } from './parameters.js';

/** What is wrong with the prices of an entry, and with the parameters that they depend on. */
export function priceFaults(model: Model): string[] {
  return [
    ...faultsOf(model, 'pricing', model.pricing, true),
    ...(model.providerPrice ? faultsOf(model, 'providerPrice', model.providerPrice, false) : []),
    ...quantityFaults(model),
  ];
}

/** Quantities are read from parameters, which must then be numbers and never be missing. */
function quantityFaults(model: Model): string[] {
  const isPerSecond = model.pricing.unit === 'second' && model.length !== undefined;
  const named: [string, string][] = [
    ...(isPerSecond ? Object.values(model.length!) : []).map((name: string): [string, string] => [
      'length',
      name,
    ]),
    ...(model.outputs === undefined ? [] : [['outputs', model.outputs] satisfies [string, string]]),
  ];
  return named
    .filter(([, name]) => isParameter(model, name))
    .flatMap(([place, name]) => [
      ...(isNumeric(model, name) ? [] : [`${place} depends on ${name}, which is no number`]),
      ...(isAlwaysThere(model, name) ? [] : [`${place} depends on ${name}, which needs a default`]),
    ]);
}

function faultsOf(model: Model, place: string, price: Price, mustCover: boolean): string[] {
  const dimensions = [...new Set(price.rates.flatMap((rate) => Object.keys(rate.by)))];
  const bad = dimensions.flatMap((name) => dimensionFaults(model, place, price, name, mustCover));
  const unit =
    price.unit === 'second' && !(model.length && 'seconds' in model.length)
      ? [`${place} is per second, but length.seconds does not say which parameter holds the seconds`]
      : [];
  if (bad.length > 0) return [...unit, ...bad];
  return [...unit, ...combinationFaults(model, place, price, dimensions, mustCover)];
}

function dimensionFaults(
  model: Model,
  place: string,
  price: Price,
  name: string,
  mustCover: boolean,
): string[] {
  if (!isParameter(model, name)) return [`${place} depends on "${name}", which is no parameter`];
  const values = valuesOf(model, name);
  if (values === undefined) {
    const type = describeValues(model.parameters.properties[name]!) ?? 'anything';
    return [`${place} depends on ${name}, which has no list of values (it is ${type})`];
  }
  const priced = price.rates.flatMap((rate) => rate.by[name] ?? []);
  const strange = priced.filter((value) => !values.includes(value));
  const optional =
    mustCover && !isAlwaysThere(model, name) ? [`${place} depends on ${name}, which needs a default`] : [];
  return [
    ...optional,
    ...strange.map(
      (value) => `${place} has a rate for ${name} ${JSON.stringify(value)}, which is no value of it`,
    ),
  ];
}

function combinationFaults(
  model: Model,
  place: string,
  price: Price,
  dimensions: string[],
  mustCover: boolean,
): string[] {
  const combinations = dimensions.reduce<Record<string, Scalar>[]>(
    (partial, name) =>
      partial.flatMap((known) => valuesOf(model, name)!.map((value) => ({ ...known, [name]: value }))),
    [{}],
  );
  return combinations.flatMap((values) => {
    const rates = price.rates.filter((rate) =>
      Object.entries(rate.by).every(([name, allowed]) => allowed.includes(values[name]!)),
    );
    const label = JSON.stringify(values);
    if (rates.length === 0 && mustCover) return [`${place} has no rate for ${label}`];
    return rates.length > 1 ? [`${place} has several rates for ${label}`] : [];
  });
}

/** Whether an entry has a parameter of this name. */
export function isParameter(model: Model, name: string): boolean {
  return Object.hasOwn(model.parameters.properties, name);
}

/** The values that a parameter can have, where they are listed. */
export function valuesOf(model: Model, name: string): Scalar[] | undefined {
  const schema = model.parameters.properties[name];
  if (schema?.type === 'boolean') return [true, false];
  return Array.isArray(schema?.enum) ? (schema.enum as Scalar[]) : undefined;
}

function isAlwaysThere(model: Model, name: string): boolean {
  return Object.hasOwn(model.defaults, name) || model.parameters.required.includes(name);
}

function isNumeric(model: Model, name: string): boolean {
  const { type, enum: values } = model.parameters.properties[name]!;
  return type === 'integer' || type === 'number' || (Array.isArray(values) && values.every(Number.isFinite));
}
