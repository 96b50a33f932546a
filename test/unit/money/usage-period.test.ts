import fc from 'fast-check';
import { usagePeriod } from '../../../src/money/usage-period.js';

const NOW = new Date('2026-11-29T23:30:00.000Z');

describe('the days of a usage report', () => {
  it.each([
    [{}, '2026-11-01', '2026-11-29'],
    [{ from: '2026-11-05' }, '2026-11-05', '2026-11-29'],
    [{ to: '2026-03-31' }, '2026-03-01', '2026-03-31'],
    [{ from: '2026-02-01', to: '2026-02-28' }, '2026-02-01', '2026-02-28'],
    [{ from: '2026-02-01T12:00:00Z', to: '2026-02-03T00:00:00.000Z' }, '2026-02-01', '2026-02-02'],
    [{ from: '2026-02-01T00:30+02:00', to: '2026-02-03T00:00:00.001Z' }, '2026-01-31', '2026-02-03'],
    [{ from: '0000-01-01', to: '9999-12-31T23:00-12:00' }, '0001-01-01', '9999-12-31'],
  ])('of %j are %s to %s', (query, from, to) => {
    expect(usagePeriod(query, NOW)).toEqual({ from, to });
  });

  it('hold every instant between the bounds', () => {
    const time = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, time, (from, to, at) => {
        fc.pre(from <= at && at < to);
        const period = usagePeriod({ from: from.toISOString(), to: to.toISOString() }, NOW);
        const day = at.toISOString().slice(0, 10);
        expect(period.from <= day && day <= period.to).toBe(true);
      }),
    );
  });
});
