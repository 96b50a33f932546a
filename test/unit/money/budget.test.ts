import { Big } from 'big.js';
import fc from 'fast-check';
import { admit, holdersOf, type Budget, type Charge } from '../../../src/money/budget.js';

const charge = (estimatedCost: string, facts: Partial<Charge> = {}): Charge => ({
  ...{ owner: 'key:k', userId: 'u', estimatedCost },
  ...facts,
});
const budget = (monthlyLimit: string, committed = '0', facts: Partial<Budget> = {}): Budget => ({
  ...{ kind: 'user', id: 'u', monthlyLimit, committed },
  ...facts,
});
const costs = (charges: Charge[]) => charges.map(({ estimatedCost }) => estimatedCost);
const sumOf = (charges: Charge[]) =>
  charges.reduce((sum, { estimatedCost }) => sum.plus(estimatedCost), new Big(0));

describe('a charge', () => {
  it('is borne by its user and, where it has one, its owner', () => {
    expect(holdersOf(charge('1'))).toEqual([
      { kind: 'user', id: 'u' },
      { kind: 'owner', id: 'key:k' },
    ]);
    expect(holdersOf(charge('1', { owner: null }))).toEqual([{ kind: 'user', id: 'u' }]);
  });

  it('without a budget is admitted', () => {
    expect(admit([charge('1000')], []).refused).toEqual([]);
    expect(admit([charge('1000')], [budget('1', '0', { id: 'other' })]).refused).toEqual([]);
  });

  it('of a user is not limited by an owner of the same name', () => {
    expect(admit([charge('1', { owner: null })], [budget('0', '0', { kind: 'owner' })]).refused).toEqual([]);
  });

  it.each([
    ['1', '0.9', '0.1', true],
    ['1', '0.9', '0.100001', false],
    ['0.3', '0.1', '0.2', true],
    ['0', '0', '0.000001', false],
    ['0', '0', '0', true],
    ['1', '2', '0.000001', false],
  ])('with a limit of %s of which %s is gone: %s is admitted: %s', (limit, committed, cost, admitted) => {
    expect(admit([charge(cost)], [budget(limit, committed)]).admitted).toHaveLength(admitted ? 1 : 0);
  });

  it('is refused with the limit that is tightest for it and with what is left', () => {
    const budgets = [budget('10'), budget('2.000000', '1.250000', { kind: 'owner', id: 'key:k' })];
    const [refusal] = admit([charge('1.00')], budgets).refused;
    expect(refusal?.error).toMatchObject({
      code: 'budget_exceeded',
      retryable: false,
      message: expect.stringContaining('This costs 1 USD, and of the 2 USD that your key may spend'),
    });
    expect(refusal?.error.message).toContain('0.75 USD are left');
    expect(admit([charge('1')], [budget('1', '3')]).refused[0]?.error.message).toContain('0 USD are left');
  });
});

describe('charges that come together', () => {
  it('are admitted in their order; a smaller one may fit where a greater did not', () => {
    const { admitted, refused } = admit(
      ['4', '5', '3', '2', '1'].map((cost) => charge(cost)),
      [budget('10')],
    );
    expect(costs(admitted)).toEqual(['4', '5', '1']);
    expect(costs(refused.map((refusal) => refusal.charge))).toEqual(['3', '2']);
  });

  it('never pass a limit, and none is refused that would still have fitted', () => {
    const name = fc.constantFrom('a', 'b');
    const usd = fc.integer({ min: 0, max: 9_000_000 }).map((micros) => new Big(micros).div(1e6).toFixed());
    const charges = fc.array(fc.record({ owner: fc.option(name), userId: name, estimatedCost: usd }), {
      maxLength: 20,
    });
    const budgets = fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom('user' as const, 'owner' as const),
        id: name,
        monthlyLimit: usd,
        committed: usd,
      }),
      { selector: ({ kind, id }) => kind + id },
    );
    fc.assert(
      fc.property(charges, budgets, (all, limits) => {
        const { admitted, refused } = admit(all, limits);
        expect(admitted.length + refused.length).toBe(all.length);
        for (const limit of limits) {
          const borne = ofHolder(admitted, limit);
          if (borne.length === 0) continue;
          const total = sumOf(borne).plus(limit.committed);
          expect(total.lte(limit.monthlyLimit) || sumOf(borne).eq(0)).toBe(true);
        }
        for (const { charge: left } of refused)
          expect(admit([...admitted, left], limits).refused.map((refusal) => refusal.charge)).toEqual([left]);
      }),
    );
  });
});

function ofHolder(charges: Charge[], { kind, id }: Budget): Charge[] {
  return charges.filter((one) => holdersOf(one).some((holder) => holder.kind === kind && holder.id === id));
}
