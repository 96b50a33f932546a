import fc from 'fast-check';
import { planBatch } from '../../../src/scripts/batch.js';
import type { Take } from '../../../src/scripts/script.js';
import { nextSeeds } from '../../../src/scripts/take-seeds.js';
import { aFrame, aScene, aSection, aTake } from './a-script.js';

const scene = aScene(aSection());
const seeded = aScene(aSection(), aFrame({ seed: 7 }));

describe('a batch', () => {
  it.each<[string, Partial<Take>, number, number]>([
    ['reuses a completed take', {}, 0, 1],
    ['reuses one under way', { state: 'processing' }, 0, 1],
    ['reuses an approved one', { approval: 'approved' }, 0, 1],
    ['makes another for a failed one', { state: 'failed' }, 1, 0],
    ['makes another for a canceled one', { state: 'canceled' }, 1, 0],
    ['makes another for a rejected one', { approval: 'rejected' }, 1, 0],
    ['makes another for a stale one', { inputHash: 'other' }, 1, 0],
    ['makes one for a take of another section', { sectionId: 'other' }, 1, 0],
  ])('%s', (_case, facts, orders, reused) => {
    const batch = planBatch([scene], [aTake(scene, facts)], 1);
    expect([batch.orders.length, batch.reused.length]).toEqual([orders, reused]);
  });

  it('makes the takes that are missing, numbered on', () => {
    const takes = [aTake(scene), aTake(scene, { take: 2, state: 'failed' })];
    const { orders, reused } = planBatch([scene], takes, 4);
    expect(orders.map(({ take }) => take)).toEqual([3, 4, 5]);
    expect(reused).toHaveLength(1);
  });

  it('gives every take of a seeded scene a seed of its own', () => {
    expect(planBatch([seeded], [], 3).orders.map(({ seed }) => seed)).toEqual([7, 8, 9]);
    const rejected = aTake(seeded, { seed: 7, approval: 'rejected' });
    expect(planBatch([seeded], [rejected], 1).orders.map(({ seed }) => seed)).toEqual([8]);
  });

  it('gives the seed of a failed take to the next', () => {
    const failed = aTake(seeded, { seed: 7, state: 'failed' });
    expect(planBatch([seeded], [failed], 1).orders.map(({ seed }) => seed)).toEqual([7]);
  });

  it('shows the approved take before newer ones', () => {
    const approved = aTake(scene, { approval: 'approved' });
    expect(planBatch([scene], [aTake(scene, { take: 2 }), approved], 1).reused).toEqual([approved]);
  });
});

describe('the seeds of further takes', () => {
  const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

  it('differ from each other and from those used, and are seeds', () => {
    fc.assert(
      fc.property(seed, fc.array(seed), fc.integer({ min: 0, max: 4 }), (own, used, count) => {
        const seeds = nextSeeds(own, new Set(used), count) as number[];
        expect(seeds).toHaveLength(count);
        expect(new Set([...seeds, ...used]).size).toBe(count + new Set(used).size);
        expect(seeds.every((next) => Number.isInteger(next) && next >= 0 && next < 2 ** 31)).toBe(true);
      }),
    );
  });

  it('go on at 0 after the greatest', () => {
    expect(nextSeeds(2 ** 31 - 1, new Set(), 2)).toEqual([2 ** 31 - 1, 0]);
  });
});
