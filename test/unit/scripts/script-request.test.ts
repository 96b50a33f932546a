import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { readNewScript, readSections } from '../../../src/scripts/script.request.js';
import { withMediaType } from '../../../src/scripts/scene-request.js';
import { defaultsIssues, sectionsIssues } from '../../../src/scripts/script-faults.js';
import type { Values } from '../../../src/models/model.js';
import { registry } from '../models/registry-file.js';

describe('new sections', () => {
  it('may come as a bare list', () => {
    const sections = [{ prompt: ' a ' }];
    for (const body of [sections, { sections }]) {
      const { value, issues } = readSections(body);
      expect(issues).toEqual([]);
      expect(value).toMatchObject([{ section: { prompt: 'a', mediaType: null }, isKnown: false }]);
    }
  });
});

describe('a body of any shape', () => {
  it('is read, or refused as invalid, and nothing else is thrown', () => {
    const section = fc.record(
      {
        prompt: fc.anything(),
        mediaType: fc.anything(),
        modelId: fc.oneof(fc.constant('veo-3.1'), fc.anything()),
        parameters: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
        characters: fc.oneof(fc.array(fc.uuid()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const sections = fc.oneof(fc.array(fc.oneof(section, fc.jsonValue()), { maxLength: 3 }), fc.jsonValue());
    const body = fc.record(
      { sections, defaults: fc.jsonValue(), seed: fc.jsonValue() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (given) => {
        try {
          const { value } = readNewScript(given);
          const sections = value.sections.map((one) => withMediaType(registry, value.defaults, one));
          sectionsIssues(registry, value, sections, new Map());
          defaultsIssues(registry, value.defaults);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect((error as AppError).code).toBe('invalid_parameters');
        }
      }),
    );
  });
});

describe('defaults', () => {
  const paths = (parameters: Values, modelId?: string) =>
    defaultsIssues(registry, { parameters, ...(modelId === undefined ? {} : { modelId }) }).map(
      ({ path }) => path,
    );

  it.each<[Values, string | undefined, string[]]>([
    [{ duration: 4 }, 'veo-3.1', []],
    [{ duration: 5 }, 'veo-3.1', ['defaults.parameters.duration']],
    [{ duration: 5 }, undefined, []],
    [{ duration: 5.5 }, undefined, ['defaults.parameters.duration']],
    [{ durations: 5 }, undefined, ['defaults.parameters.durations']],
    [{ prompt: 'x' }, 'veo-3.1', ['defaults.parameters.prompt']],
    [{ negative_prompt: 'a\0' }, undefined, ['defaults.parameters.negative_prompt']],
    [{}, 'musicgen', ['defaults.modelId']],
    [{}, 'nothing', ['defaults.modelId']],
  ])('%j for %s have faults at %j', (parameters, modelId, expected) => {
    expect(paths(parameters, modelId)).toEqual(expected);
  });
});

describe('what a section makes', () => {
  const made = (modelId: string | null, mediaType: 'image' | 'video' | null, fallback?: string) => {
    const { value } = readNewScript({
      ...{ userId: 'ana', title: 'A film', defaults: fallback === undefined ? {} : { modelId: fallback } },
      sections: [{ prompt: 'a lighthouse', modelId, mediaType }],
    });
    return withMediaType(registry, value.defaults, value.sections[0]!).mediaType;
  };

  it.each([
    ['flux-schnell', null, undefined, 'image'],
    ['veo-3.1', null, undefined, 'video'],
    [null, null, 'flux-schnell', 'image'],
    ['veo-3.1', null, 'flux-schnell', 'video'],
    ['flux-schnell', 'video', undefined, 'video'],
    ['unknown', null, undefined, 'video'],
    [null, null, undefined, 'video'],
    ['musicgen', null, undefined, 'audio'],
  ] as const)(
    'with the model %s, itself saying %s, the default being %s, is %s',
    (model, own, fallback, type) => {
      expect(made(model, own, fallback)).toBe(type);
    },
  );
});
