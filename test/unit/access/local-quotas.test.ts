import { LocalQuotas } from '../../../src/access/local-quotas.js';

const quota = (key: string, limit: number) => ({ key, limit, windowMs: 1_000 });

describe('quotas of one process', () => {
  it('grant up to the limit, and again when the window has ended', () => {
    let now = 0;
    const quotas = new LocalQuotas(() => now);
    const take = () => quotas.take([quota('a', 2)], 1);
    expect([take(), take(), take()]).toEqual([
      { granted: true, uses: [{ used: 1, resetMs: 1_000 }] },
      { granted: true, uses: [{ used: 2, resetMs: 1_000 }] },
      { granted: false, uses: [{ used: 2, resetMs: 1_000 }] },
    ]);
    now = 1_000;
    expect(take()).toEqual({ granted: true, uses: [{ used: 1, resetMs: 1_000 }] });
  });

  it('take from all or from none', () => {
    const quotas = new LocalQuotas(() => 0);
    const both = [quota('a', 5), quota('b', 3)];
    expect(quotas.take(both, 4).granted).toBe(false);
    expect(quotas.take(both, 3).uses.map(({ used }) => used)).toEqual([3, 3]);
    expect(quotas.take([quota('a', 5)], 2).granted).toBe(true);
  });

  it('are bounded in number: the least used is forgotten', () => {
    const quotas = new LocalQuotas(() => 0);
    quotas.take([quota('first', 1)], 1);
    for (let index = 0; index < 10_000; index += 1) quotas.take([quota(String(index), 1)], 1);
    expect(quotas.take([quota('first', 1)], 1).granted).toBe(true);
  });
});
