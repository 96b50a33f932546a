import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { readNewScript, readSections } from '../../../src/scripts/script.request.js';
import { defaultsIssues, sectionsIssues } from '../../../src/scripts/script-faults.js';
import type { Values } from '../../../src/models/model.js';
import { registry } from '../models/registry-file.js';

describe('new sections', () => {
  it('may come as a bare list', () => {
    const sections = [{ prompt: ' a ' }];
    for (const body of [sections, { sections }]) {
      const { value, issues } = readSections(body);
      expect(issues).toEqual([]);
      expect(value).toMatchObject([{ section: { prompt: 'a', mediaType: 'video' }, isKnown: false }]);
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
          sectionsIssues(registry, value, value.sections, new Map());
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
