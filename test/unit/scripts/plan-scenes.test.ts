import fc from 'fast-check';
import { isScene } from '../../../src/scripts/plan-scenes.js';
import { castPrompt, castReferences } from '../../../src/scripts/scene-request.js';
import type { Section } from '../../../src/scripts/script.js';
import { aCharacter, aFrame, aScene, aSection, planned } from './a-script.js';

const parametersOf = (...given: Parameters<typeof aScene>) => aScene(...given).plan.parameters;
const issuesOf = (...given: Parameters<typeof planned>) => {
  const found = planned(...given);
  return isScene(found) ? [] : found;
};

describe('a section', () => {
  it('takes model and parameters from the defaults where it has none of its own', () => {
    const frame = aFrame({
      defaults: { modelId: 'veo-3.1-fast', parameters: { resolution: '720p', duration: 4 } },
    });
    const { plan } = aScene(aSection({ modelId: null, parameters: { duration: 6 } }), frame);
    expect(plan.model.modelId).toBe('veo-3.1-fast');
    expect(plan.parameters).toMatchObject({ resolution: '720p', duration: 6 });
  });

  it('of another model takes those defaults only which that model takes', () => {
    const frame = aFrame({
      defaults: { parameters: { resolution: '720p', duration: 4, negative_prompt: 'fog' } },
    });
    const parameters = parametersOf(aSection({ modelId: 'wan-2.5-t2v' }), frame);
    expect(parameters).toMatchObject({ duration: 5, negative_prompt: 'fog' });
    expect(parameters).not.toHaveProperty('resolution');
  });

  it('keeps its prompt as it is, unless it asks otherwise', () => {
    expect(parametersOf(aSection({ modelId: 'wan-2.5-t2v' }))).toMatchObject({
      enable_prompt_expansion: false,
    });
    const asked = aSection({ modelId: 'wan-2.5-t2v', parameters: { enable_prompt_expansion: true } });
    expect(parametersOf(asked)).toMatchObject({ enable_prompt_expansion: true });
  });

  it.each<[string, number | undefined, number | null, number | null, number | undefined]>([
    ['its own seed before all', 1, 2, 3, 1],
    ['its character’s before the script’s', undefined, 2, 3, 2],
    ['the script’s', undefined, null, 3, 3],
    ['none', undefined, null, null, undefined],
    ['its own 0', 0, 2, 3, 0],
  ])('has %s', (_case, own, ofCharacter, ofScript, expected) => {
    const section = aSection({ parameters: own === undefined ? {} : { seed: own } });
    const parameters = parametersOf(section, aFrame({ seed: ofScript }), aCharacter({ seed: ofCharacter }));
    expect(parameters.seed).toBe(expected);
  });

  it('inherits no seed where its model takes none', () => {
    const section = aSection({ modelId: 'nano-banana', mediaType: 'image' });
    expect(parametersOf(section, aFrame({ seed: 3 }))).not.toHaveProperty('seed');
  });

  it('shows its characters: descriptions in the prompt, pictures as the model takes them', () => {
    const mara = aCharacter();
    expect(parametersOf(aSection(), aFrame(), mara)).toMatchObject({
      prompt: 'A lighthouse\n\nMara: grey braid',
      reference_images: mara.referenceImages,
    });
    const image = aSection({ modelId: 'nano-banana', mediaType: 'image' });
    expect(parametersOf(image, aFrame(), mara)).toMatchObject({ image_input: mara.referenceImages });
    expect(parametersOf(aSection({ modelId: 'veo-3.1-fast' }), aFrame(), mara)).not.toHaveProperty(
      'reference_images',
    );
  });

  it('keeps its own pictures before those of its characters', () => {
    const own = ['https://example.com/1.png', 'https://example.com/2.png'];
    const section = aSection({ parameters: { reference_images: own } });
    const two = aCharacter({ referenceImages: ['https://example.com/a.png', 'https://example.com/b.png'] });
    expect(parametersOf(section, aFrame(), two).reference_images).toEqual([
      ...own,
      'https://example.com/a.png',
    ]);
  });

  it.each<[Partial<Section>, string, RegExp | string]>([
    [{ parameters: { duration: 7 } }, 'parameters.duration', /one of 4, 6, 8/],
    [{ modelId: null }, 'modelId', /defaults\.modelId/],
    [{ mediaType: 'audio' as never, modelId: 'musicgen' }, 'mediaType', /POST \/generate-media/],
    [{ mediaType: 'image' }, 'mediaType', /veo-3.1 makes video/],
    [{ prompt: null }, 'prompt', /needs prompt/],
    [{ parameters: { prompt: 'x' } }, 'parameters.prompt', /beside/],
    [
      { mediaType: 'image', modelId: 'flux-schnell', parameters: { num_outputs: 2 } },
      'parameters.num_outputs',
      /several takes/,
    ],
  ])('%j is refused at %s', (facts, path, message) => {
    const found = issuesOf(aSection(facts)).find((issue) => issue.path === path);
    expect(found?.message).toMatch(message);
  });

  it.each([
    [{ aspect_ratio: '9:16' }, 'When using reference_images, aspect_ratio must be "16:9"'],
    [{ duration: 4 }, 'When using reference_images, duration must be 8 seconds'],
  ])('that names a character with pictures cannot have %j', (parameters, message) => {
    expect(issuesOf(aSection({ parameters }), aFrame(), aCharacter()).map((issue) => issue.message)).toEqual([
      message,
    ]);
  });

  it('says that descriptions count when the prompt is too long with them', () => {
    const [issue] = issuesOf(aSection({ prompt: 'x'.repeat(3_990) }), aFrame(), aCharacter());
    expect(issue).toMatchObject({ path: 'prompt' });
    expect(issue!.message).toMatch(/descriptions of its characters/);
  });
});

describe('the hash of a section’s inputs', () => {
  const hash = (facts: Partial<Section>, frame = aFrame(), ...cast: ReturnType<typeof aCharacter>[]) =>
    aScene(aSection(facts), frame, ...cast).inputHash;
  const plain = hash({});

  it('is that of any other section with the same inputs, defaults written out or not', () => {
    expect(hash({ parameters: { duration: 8 } })).toBe(plain);
    expect(hash({ prompt: ' A lighthouse ' })).toBe(plain);
    expect(hash({ modelId: null }, aFrame({ defaults: { modelId: 'veo-3.1', parameters: {} } }))).toBe(plain);
  });

  it('does not depend on title and narration, which are not in the picture', () => {
    expect(hash({ title: 'Storm', narration: 'It rained.' })).toBe(plain);
  });

  it.each<[string, string]>([
    ['prompt', hash({ prompt: 'A storm' })],
    ['model', hash({ modelId: 'veo-3.1-fast' })],
    ['parameters', hash({ parameters: { duration: 4 } })],
    ['seed', hash({}, aFrame({ seed: 1 }))],
    ['defaults', hash({}, aFrame({ defaults: { parameters: { resolution: '720p' } } }))],
    ['description', hash({}, aFrame(), aCharacter({ referenceImages: [] }))],
    ['references', hash({ parameters: { reference_images: ['https://example.com/x.png'] } })],
  ])('changes with the %s', (_what, other) => {
    expect(other).not.toBe(plain);
  });
});

describe('what characters add', () => {
  const url = fc.webUrl({ validSchemes: ['https'] });
  const cast = fc.array(
    fc.array(url, { maxLength: 4 }).map((referenceImages) => aCharacter({ referenceImages })),
    { maxLength: 4 },
  );

  it('is at most three different pictures, the first of each before the second of any', () => {
    fc.assert(
      fc.property(cast, (characters) => {
        const chosen = castReferences(characters);
        expect(chosen.length).toBeLessThanOrEqual(3);
        expect(new Set(chosen).size).toBe(chosen.length);
        const firsts = new Set(characters.flatMap(({ referenceImages }) => referenceImages.slice(0, 1)));
        expect(chosen.slice(0, firsts.size)).toEqual([...firsts].slice(0, 3));
      }),
    );
  });

  it('is a line for each behind the prompt, which stays whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), cast, (prompt, characters) => {
        const joined = castPrompt(prompt, characters)!;
        expect(joined.startsWith(prompt)).toBe(true);
        for (const { name, description } of characters) expect(joined).toContain(`\n${name}: ${description}`);
      }),
    );
  });
});
