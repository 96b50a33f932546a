import { Big } from 'big.js';
import fc from 'fast-check';
import { actualCost, billedSeconds, chargedCost } from '../../../src/models/actual-cost.js';
import type { Price } from '../../../src/models/model.js';
import type { PredictionStatus } from '../../../src/models/prediction.js';
import { amountOf, differsByHalf, priceOf } from '../../../src/models/pricing.js';
import { modelNamed, planFor } from './registry-file.js';

const price = (unit: Price['unit'], ...rates: Price['rates']): Price => ({ unit, currency: 'USD', rates });
const amount = fc.integer({ min: 0, max: 1_000_000 }).map((micros) => micros / 1_000_000);
const cost = (of: Price, quantity: number) =>
  amountOf(priceOf(of, {}, { outputs: quantity, seconds: quantity, hardwareSeconds: quantity })!);

describe('a price', () => {
  const quantities = { outputs: 3, seconds: 8, hardwareSeconds: 12.5 };

  it.each([
    ['output', '0.3'],
    ['generation', '0.1'],
    ['second', '0.8'],
    ['hardwareSecond', '1.25'],
  ] as const)('per %s counts the right thing', (unit, expected) => {
    expect(amountOf(priceOf(price(unit, { by: {}, amount: 0.1 }), {}, quantities)!)).toBe(expected);
  });

  it('may depend on sound as well as on size', () => {
    const veo = price(
      'second',
      { by: { generate_audio: [false] }, amount: 0.2 },
      { by: { generate_audio: [true], resolution: ['720p'] }, amount: 0.3 },
      { by: { generate_audio: [true], resolution: ['1080p'] }, amount: 0.4 },
    );
    const at = (parameters: object) => priceOf(veo, { ...parameters }, quantities)?.unitPrice;
    expect(at({ generate_audio: false, resolution: '1080p' })).toBe(0.2);
    expect(at({ generate_audio: true, resolution: '720p' })).toBe(0.3);
    expect(at({ generate_audio: true, resolution: '1080p' })).toBe(0.4);
    expect(at({ generate_audio: true, resolution: '4k' })).toBeUndefined();
  });

  it('is exact where binary sums are not', () => {
    expect(cost(price('output', { by: {}, amount: 0.1 }), 3)).toBe('0.3');
    expect(cost(price('second', { by: {}, amount: 0.000225 }), 7)).toBe('0.001575');
    expect(cost(price('second', { by: {}, amount: 0.00000001 }), 1)).toBe('0.00000001');
  });

  it('of two amounts together is the sum of their prices', () => {
    fc.assert(
      fc.property(amount, fc.nat(10_000), fc.nat(10_000), (usd, a, b) => {
        const of = price('second', { by: {}, amount: usd });
        expect(cost(of, a + b)).toBe(new Big(cost(of, a)).plus(cost(of, b)).toFixed());
      }),
    );
  });

  it.each([
    ['1', '1.5', false],
    ['1', '1.51', true],
    ['1', '0.5', false],
    ['1', '0.49', true],
    ['0', '0', false],
    ['0', '0.01', true],
  ])('listed at %s and charged at %s differs by more than half: %s', (listed, charged, differs) => {
    expect(differsByHalf(listed, charged)).toBe(differs);
  });
});

describe('the actual cost', () => {
  const of = (modelId: string, parameters: object, outcome: object) => {
    const plan = planFor(modelId, { ...parameters });
    return actualCost(plan.model, plan.parameters, outcome);
  };

  it.each<[string, object, object, string]>([
    ['veo-3.1', {}, { mediaSeconds: 8.0 }, '0.96'],
    ['veo-3.1', {}, { mediaSeconds: 7.958 }, '0.96'],
    ['veo-3.1', {}, { mediaSeconds: 8.25 }, '0.96'],
    ['veo-3.1', {}, { mediaSeconds: 6.04 }, '0.72'],
    ['veo-3.1', {}, { mediaSeconds: 7.5 }, '0.9'],
    ['veo-3.1', {}, { mediaSeconds: 7.123456 }, '0.85476'],
    ['veo-3.1', {}, {}, '0.96'],
    ['wan-2.5-t2v', { size: '832*480' }, { mediaSeconds: 5.08 }, '0.25'],
    ['flux-schnell', { num_outputs: 4 }, { outputs: 3 }, '0.009'],
    ['flux-schnell', { num_outputs: 4 }, {}, '0.012'],
    ['nano-banana', {}, { outputs: 1 }, '0.039'],
    ['musicgen', {}, { mediaSeconds: 7.9, outputs: 1 }, '0.02'],
  ])('of %s with %o that made %o is %s USD', (modelId, parameters, outcome, expected) => {
    expect(of(modelId, parameters, outcome)).toBe(expected);
  });

  it('is unknown when the registry prices such parameters no more', () => {
    expect(actualCost(modelNamed('veo-3.1'), { resolution: '4k', duration: 8 }, {})).toBeUndefined();
  });

  it('counts whole seconds where any whole number may be asked for', () => {
    expect(billedSeconds(modelNamed('musicgen'), 11.9)).toBe(12);
    expect(billedSeconds(modelNamed('musicgen'), 11.6)).toBe(11.6);
    expect(billedSeconds(modelNamed('stability-video'), 1.0416667)).toBe(1.042);
  });
});

describe('a prediction without a stored output', () => {
  const charged = (modelId: string, ...[status, predictSeconds]: [PredictionStatus, number?]) => {
    const { model, parameters } = planFor(modelId);
    return chargedCost(model, parameters, {
      status,
      ...(predictSeconds === undefined ? {} : { predictSeconds }),
    });
  };

  it.each([
    ['canceled', 2, '0.003'],
    ['canceled', undefined, '0'],
    ['aborted', undefined, '0'],
    ['failed', 2, '0'],
    ['succeeded', 2, '0.003'],
    ['succeeded', undefined, '0.003'],
  ] as const)('that %s after %s s costs %s', (status, seconds, expected) => {
    expect(charged('flux-schnell', status, seconds)).toBe(expected);
  });

  it('costs the machine’s time where that is what the price is for, also when it failed', () => {
    const { model, parameters } = planFor('flux-schnell');
    const byTheSecond = { ...model, pricing: price('hardwareSecond', { by: {}, amount: 0.001 }) };
    for (const status of ['failed', 'canceled'] as const)
      expect(chargedCost(byTheSecond, parameters, { status, predictSeconds: 12.5 })).toBe('0.0125');
  });
});
