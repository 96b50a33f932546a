import { Big } from 'big.js';
import type { Length, Model, Price, Rate, Scalar, Values } from './model.js';

/** How an amount came about: `quantity` units at `unitPrice`, the rate that holds for the values in `by`. */
export interface PriceBreakdown {
  unit: Price['unit'];
  unitPrice: number;
  quantity: number;
  by: Record<string, Scalar>;
}

/** What is charged for: files, seconds that they play, seconds that the provider's machine ran. */
export interface Quantities {
  outputs: number;
  seconds: number;
  hardwareSeconds: number;
}

/** Number of files that the parameters (defaults applied) ask for. */
export function outputCount(model: Model, parameters: Values): number {
  const count = model.outputs === undefined ? 1 : parameters[model.outputs];
  return typeof count === 'number' ? count : 1;
}

/** Seconds that a result of these parameters plays, rounded to milliseconds; undefined for stills. */
export function outputSeconds(length: Length | undefined, parameters: Values): number | undefined {
  if (length === undefined) return undefined;
  if ('seconds' in length) return numberOr(parameters[length.seconds], undefined);
  const frames = numberOr(parameters[length.frames], undefined);
  const rate = numberOr(parameters[length.framesPerSecond], undefined);
  if (frames === undefined || !rate) return undefined;
  return Math.round((frames / rate) * 1000) / 1000;
}

/** What the parameters ask for, before anything has run. */
export function plannedQuantities(model: Model, parameters: Values): Quantities {
  return {
    outputs: outputCount(model, parameters),
    seconds: outputSeconds(model.length, parameters) ?? 0,
    hardwareSeconds: model.estimatedTimeSeconds,
  };
}

/** Prices the quantities at the rate for the parameters; undefined where the price knows no such rate. */
export function priceOf(
  price: Price,
  parameters: Values,
  quantities: Quantities,
): PriceBreakdown | undefined {
  const rate = price.rates.find((candidate) => holds(candidate, parameters));
  if (rate === undefined) return undefined;
  const by = Object.fromEntries(Object.keys(rate.by).map((name) => [name, parameters[name] as Scalar]));
  return { unit: price.unit, unitPrice: rate.amount, quantity: quantityOf(price.unit, quantities), by };
}

/** The amount as an exact decimal, for example `0.96`. */
export function amountOf(breakdown: PriceBreakdown): string {
  return new Big(breakdown.unitPrice).times(breakdown.quantity).toFixed();
}

/** Whether two amounts are more than half of the first apart. */
export function differsByHalf(listed: string, charged: string): boolean {
  if (listed === charged) return false;
  return new Big(charged).minus(listed).abs().gt(new Big(listed).times('0.5'));
}

function holds(rate: Rate, parameters: Values): boolean {
  return Object.entries(rate.by).every(([name, values]) => values.includes(parameters[name] as Scalar));
}

function quantityOf(unit: Price['unit'], quantities: Quantities): number {
  switch (unit) {
    case 'output':
      return quantities.outputs;
    case 'generation':
      return 1;
    case 'second':
      return quantities.seconds;
    case 'hardwareSecond':
      return quantities.hardwareSeconds;
  }
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise;
}
