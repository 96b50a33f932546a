import { markDiscarded } from '../../bench/passes.js';
import { estimateMedian, median, quantile } from '../../bench/statistics.js';

describe('quantile', () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[10, 20], 0.25, 12.5],
    [[5], 0.99, 5],
    [[1, 2, 3], 1, 3],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected);
  });

  it('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });

  it('leaves its input in order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('estimateMedian', () => {
  const values = [0.9, 0.8, 1.1, 0.85, 0.95, 1, 0.7, 0.92];

  it('gives an interval around the median that stays within the values', () => {
    const { median: middle, low, high } = estimateMedian(values);
    expect(middle).toBeCloseTo(0.91);
    expect(low).toBeLessThan(middle);
    expect(high).toBeGreaterThan(middle);
    expect(low).toBeGreaterThanOrEqual(0.7);
    expect(high).toBeLessThanOrEqual(1.1);
  });

  it('gives the same interval for the same values', () => {
    expect(estimateMedian(values)).toEqual(estimateMedian(values));
  });

  it('gives no width to equal values', () => {
    expect(estimateMedian([2, 2, 2])).toEqual({ median: 2, low: 2, high: 2 });
  });
});

describe('markDiscarded', () => {
  const pass = (...controlMs: number[]) => ({ controlMs, discarded: false });
  const marks = (passes: { controlMs: number[]; discarded: boolean }[]) =>
    markDiscarded(passes).map(({ discarded }) => discarded);

  it('discards a pass in which one control strays by more than 20 %', () => {
    expect(marks([pass(10, 10), pass(10, 12.5), pass(11, 9), pass(10, 7)])).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('keeps all when that would leave less than half', () => {
    expect(marks([pass(10, 10), pass(10, 15), pass(5, 10)])).toEqual([false, false, false]);
  });
});
