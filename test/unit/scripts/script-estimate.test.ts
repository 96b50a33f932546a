import fc from 'fast-check';
import { addTotals, estimateScenes, sum } from '../../../src/scripts/script-estimate.js';
import { aCharacter, aFrame, aScene, aSection, aTake } from './a-script.js';

const mara = aCharacter();
const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

/** The reference episode of ten scenes, its Wan scenes at the given sizes. */
const episode = (size: string) => [
  ...times(4, () => aScene(aSection({ parameters: { resolution: '1080p' } }), aFrame(), mara)),
  ...times(4, () => aScene(aSection({ modelId: 'wan-2.5-t2v-fast', parameters: { size } }))),
  aScene(aSection({ modelId: 'wan-2.5-t2v', parameters: { size, duration: 10 } })),
  aScene(aSection({ modelId: 'veo-3.1-fast', parameters: { resolution: '720p' } })),
];

describe('the estimate of a script', () => {
  it.each([
    ['832*480', 5.82],
    ['1280*720', 7.32],
  ])('is exact: the reference episode at %s costs %d and plays 70 s', (size, totalCost) => {
    const estimate = estimateScenes(episode(size), []);
    expect(estimate).toMatchObject({ totalCost, totalSeconds: 70, estimatedTime: 40 });
    expect(estimate.sections.map(({ reused }) => reused)).not.toContain(true);
  });

  it('counts a scene with a good take as free, and as no time', () => {
    const scenes = episode('832*480');
    const takes = scenes.slice(0, 4).map((scene) => aTake(scene));
    const estimate = estimateScenes(scenes, takes);
    expect(estimate).toMatchObject({ totalCost: 1.98, totalSeconds: 70, estimatedTime: 30 });
    expect(estimate.sections[0]).toEqual({
      sectionId: scenes[0]!.section.sectionId,
      modelId: 'veo-3.1',
      seconds: 8,
      estimatedCost: 0,
      reused: true,
    });
  });

  it('has no seconds for images', () => {
    const image = aScene(aSection({ mediaType: 'image', modelId: 'flux-schnell' }));
    expect(estimateScenes([image], [])).toMatchObject({
      totalSeconds: 0,
      totalCost: 0.003,
      estimatedTime: 5,
    });
  });

  it('adds up over a series', () => {
    const one = estimateScenes(episode('832*480'), []);
    expect(addTotals([one, one, one])).toEqual({ totalSeconds: 210, totalCost: 17.46, estimatedTime: 40 });
  });
});

describe('a sum', () => {
  it('of cents is the cents, however many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 200 }), (cents) => {
        const total = cents.reduce((all, cent) => all + cent, 0);
        expect(sum(cents.map((cent) => (cent / 100).toFixed(2)))).toBe(total / 100);
      }),
    );
  });
});
