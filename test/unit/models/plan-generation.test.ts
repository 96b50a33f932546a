import { Big } from 'big.js';
import { AppError } from '../../../src/errors.js';
import { planGeneration } from '../../../src/models/plan-generation.js';
import { loadRegistry } from '../../../src/models/registry.js';
import { issuesOf, planFor, registry } from './registry-file.js';

const reference = ['https://example.com/face.png'];

describe('the estimate', () => {
  it.each([
    ['veo-3.1', { duration: 8, resolution: '1080p' }, '0.96'],
    ['veo-3.1', { duration: 4, resolution: '720p' }, '0.32'],
    ['veo-3.1-fast', { duration: 8, resolution: '720p' }, '0.48'],
    ['veo-3.1-fast', { duration: 6, resolution: '1080p' }, '0.54'],
    ['wan-2.5-t2v', { duration: 5, size: '832*480' }, '0.25'],
    ['wan-2.5-t2v', { duration: 10, size: '480*832' }, '0.5'],
    ['wan-2.5-t2v', { duration: 5, size: '1280*720' }, '0.5'],
    ['wan-2.5-t2v', { duration: 10, size: '1920*1080' }, '1.5'],
    ['wan-2.5-t2v-fast', { duration: 5, size: '832*480' }, '0.25'],
    ['wan-2.5-t2v-fast', { duration: 10, size: '1080*1920' }, '1.5'],
    ['flux-schnell', {}, '0.003'],
    ['flux-schnell', { num_outputs: 4 }, '0.012'],
    ['sdxl', { num_outputs: 3 }, '0.03'],
    ['nano-banana', {}, '0.039'],
    ['stability-video', { image: 'https://example.com/a.png' }, '0.05'],
    ['musicgen', { duration: 30 }, '0.02'],
  ])('of %s with %o is %s USD', (modelId, parameters, cost) => {
    expect(planFor(modelId, parameters).estimatedCost).toBe(cost);
  });

  it('of the ten-scene reference episode is 5.82 USD and 70 s', () => {
    const scenes = [
      ...Array<ReturnType<typeof planFor>>(4).fill(
        planFor('veo-3.1', { duration: 8, resolution: '1080p', reference_images: reference }),
      ),
      ...Array<ReturnType<typeof planFor>>(4).fill(
        planFor('wan-2.5-t2v-fast', { duration: 5, size: '832*480' }),
      ),
      planFor('wan-2.5-t2v', { duration: 10, size: '832*480' }),
      planFor('veo-3.1-fast', { duration: 8, resolution: '720p' }),
    ];
    expect(scenes.reduce((sum, scene) => sum.plus(scene.estimatedCost), new Big(0)).toFixed()).toBe('5.82');
    expect(scenes.reduce((sum, scene) => sum + scene.outputSeconds!, 0)).toBe(70);
  });

  it('tells how it came about', () => {
    expect(planFor('veo-3.1').breakdown).toEqual({
      unit: 'second',
      unitPrice: 0.12,
      quantity: 8,
      by: { resolution: '1080p' },
    });
  });

  it('warns when the provider charges more than half as much again', () => {
    expect(planFor('veo-3.1').warnings).toEqual([
      'The provider is expected to charge 3.2 USD, while the list price is 0.96 USD',
    ]);
    expect(planFor('veo-3.1').providerCost).toBe('3.2');
  });

  it('does not warn about a smaller difference, nor about a price that is not known', () => {
    expect(planFor('veo-3.1-fast', { generate_audio: false })).toMatchObject({
      providerCost: '0.8',
      warnings: [],
    });
    expect(planFor('wan-2.5-t2v', { size: '1920*1080' })).toMatchObject({ warnings: [] });
    expect(planFor('wan-2.5-t2v', { size: '1920*1080' })).not.toHaveProperty('providerCost');
  });

  it('tells the number of files and the seconds that they play', () => {
    expect(planFor('flux-schnell', { num_outputs: 3 })).toMatchObject({ outputs: 3 });
    expect(planFor('flux-schnell')).not.toHaveProperty('outputSeconds');
    expect(planFor('musicgen')).toMatchObject({ outputs: 1, outputSeconds: 8 });
    const image = 'https://example.com/a.png';
    expect(planFor('stability-video', { image, fps: 6 })).toMatchObject({ outputSeconds: 4.167 });
  });
});

describe('the prompt', () => {
  const plan = (prompt: unknown, parameters: unknown) =>
    planGeneration(registry, { mediaType: 'image', modelId: 'sdxl', prompt, parameters });

  it.each([
    ['at the top', ' a boat ', {}],
    ['in the parameters', undefined, { prompt: 'a boat\n' }],
    ['in both places, alike', 'a boat', { prompt: ' a boat' }],
  ])('may stand %s and is trimmed', (_, prompt, parameters) => {
    expect(plan(prompt, parameters)).toMatchObject({
      parameters: { prompt: 'a boat' },
      providerInput: { prompt: 'a boat' },
    });
  });

  it('is refused when it differs in the two places', () => {
    expect(issuesOf(() => plan('a boat', { prompt: 'a ship' }))).toEqual([
      { path: 'prompt', message: 'prompt and parameters.prompt differ: give the prompt once' },
    ]);
  });

  it.each([
    ['missing', undefined, 'sdxl needs prompt: text of 1 to 4000 characters'],
    ['empty', '', 'prompt must be text of 1 to 4000 characters (got "")'],
    ['blank', ' \n\t ', 'prompt must be text of 1 to 4000 characters (got "")'],
    ['too long', 'x'.repeat(4001), 'prompt must be text of 1 to 4000 characters'],
    ['a number', 5, 'prompt must be text of 1 to 4000 characters (got 5)'],
    ['null', null, 'prompt must be text of 1 to 4000 characters (got null)'],
    ['one with a NUL character', 'a\u0000b', 'prompt must be well-formed Unicode without NUL characters'],
    ['one with half a character', 'a\ud800b', 'prompt must be well-formed Unicode without NUL characters'],
  ])('is refused when %s', (_, prompt, message) => {
    expect(issuesOf(() => plan(prompt, {}))).toEqual([{ path: 'prompt', message }]);
  });

  it('may hold 4000 characters, backslashes and every script', () => {
    for (const prompt of ['x'.repeat(4000), '😀'.repeat(4000), 'C:\\u0000\\ud800', 'Ελληνικά 日本語']) {
      expect(plan(prompt, {}).parameters.prompt).toBe(prompt);
    }
  });

  it('is refused by a model that takes none', () => {
    const parameters = { image: 'https://example.com/a.png' };
    const attempt = () =>
      planGeneration(registry, { mediaType: 'video', modelId: 'stability-video', prompt: 'x', parameters });
    expect(issuesOf(attempt)).toEqual([
      { path: 'prompt', message: 'stability-video takes no prompt: leave it out' },
    ]);
  });
});

describe('the model', () => {
  const refusal = (mediaType: string, modelId: string) =>
    issuesOf(() => planGeneration(registry, { mediaType, modelId, prompt: 'x' }));

  it('is refused when unknown, with those that there are', () => {
    expect(refusal('image', 'flux-schnel')).toEqual([
      {
        path: 'modelId',
        message:
          'modelId "flux-schnel" is unknown; did you mean "flux-schnell"?; known for image: flux-schnell, sdxl, nano-banana',
      },
    ]);
  });

  it('is refused under another media type', () => {
    expect(refusal('video', 'sdxl')).toEqual([
      {
        path: 'mediaType',
        message: 'sdxl makes image: set mediaType to "image", or choose a model of video',
      },
    ]);
  });

  it('is refused together with an unknown media type', () => {
    expect(refusal('text', 'gpt').map((issue) => issue.path)).toEqual(['mediaType', 'modelId']);
  });

  const entry = { version: 'o/m', pricing: 1, estimatedTime: 1 };
  const retired = loadRegistry(
    JSON.stringify({
      image: {
        off: { ...entry, enabled: false, successor: 'new' },
        old: { ...entry, deprecatedAt: '2026-10-01', successor: 'new' },
        new: entry,
      },
    }),
    'test.json',
  );

  it('is refused when switched off', () => {
    expect(issuesOf(() => planGeneration(retired, { mediaType: 'image', modelId: 'off' }))).toEqual([
      { path: 'modelId', message: 'off is switched off: use new' },
    ]);
  });

  it('is run with a warning when deprecated', () => {
    expect(planGeneration(retired, { mediaType: 'image', modelId: 'old' }).warnings).toEqual([
      'old is deprecated since 2026-10-01: use new',
    ]);
  });
});

describe('a refusal', () => {
  it('names every fault at once', () => {
    const attempt = () =>
      planGeneration(registry, {
        mediaType: 'audio',
        modelId: 'veo-3.1',
        parameters: { duration: 6, reference_images: reference, resolution: '4k', seed: -1, fps: 30 },
      });
    expect(
      issuesOf(attempt)
        .map((issue) => issue.path)
        .sort(),
    ).toEqual([
      'mediaType',
      'parameters.duration',
      'parameters.fps',
      'parameters.resolution',
      'parameters.seed',
      'prompt',
    ]);
  });

  it('joins the messages of all faults', () => {
    const attempt = () => planFor('veo-3.1', { resolution: '4k', duration: 5 });
    expect(attempt).toThrow(AppError);
    expect(attempt).toThrow(
      'duration must be one of 4, 6, 8 (got 5); resolution must be one of "720p", "1080p" (got "4k")',
    );
  });

  it.each([[null], [[]], ['x'], [5]])('meets parameters that are %o', (parameters) => {
    const attempt = () =>
      planGeneration(registry, { mediaType: 'image', modelId: 'sdxl', prompt: 'x', parameters });
    expect(issuesOf(attempt)).toEqual([{ path: 'parameters', message: 'parameters must be an object' }]);
  });
});
