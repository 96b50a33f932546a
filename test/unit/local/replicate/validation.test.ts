import type { ApiError } from '../../../../local/replicate/errors.js';
import { invalidInput } from '../../../../local/replicate/errors.js';
import { ModelCatalogue } from '../../../../local/replicate/models.js';
import type { InputSchema } from '../../../../local/replicate/model.js';
import { defaultSettings } from '../../../../local/replicate/options.js';
import { inputFaults, readCreateBody, withDefaults } from '../../../../local/replicate/validation.js';

const models = new ModelCatalogue(undefined, () => defaultSettings);
const schemaOf = (name: string) => models.byName(name)?.input as InputSchema;

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as ApiError).body;
  }
  throw new Error('Nothing was thrown');
}

describe('the 422 of a request body', () => {
  it('is the one Replicate answers when version is missing and model is given', () => {
    expect(thrownBy(() => readCreateBody({ model: 'a/b', input: {} }, 'version', true))).toEqual({
      detail: '- version is required\n- Additional property model is not allowed\n',
      status: 422,
      title: 'Input validation failed',
      invalid_fields: [
        { type: 'required', field: '', description: 'version is required' },
        {
          type: 'additional_property_not_allowed',
          field: '',
          description: 'Additional property model is not allowed',
        },
      ],
    });
  });

  it.each([
    [
      'a version on the official path',
      { version: 'x', input: {} },
      'official',
      'Additional property version is not allowed',
    ],
    ['no input', { version: 'x' }, 'version', 'input is required'],
    [
      'an unknown event',
      { version: 'x', input: {}, webhook_events_filter: ['done'] },
      'version',
      'must be one of',
    ],
    [
      'a webhook that is no URL',
      { version: 'x', input: {}, webhook: 'nowhere' },
      'version',
      "Does not match format 'uri'",
    ],
    ['a webhook of a strange scheme', { version: 'x', input: {}, webhook: 'ftp://a.b/' }, 'version', 'HTTPS'],
    ['an array', [], 'version', 'Invalid type. Expected: object, given: array'],
  ] as const)('names %s', (_name, body, path, words) => {
    expect(thrownBy(() => readCreateBody(body, path, true))).toMatchObject({
      status: 422,
      detail: expect.stringContaining(words) as string,
    });
  });

  it('refuses plain http webhooks only when told to', () => {
    const body = { version: 'x', input: {}, webhook: 'http://127.0.0.1:1/hook' };
    expect(readCreateBody(body, 'version', true)).toEqual(body);
    expect(thrownBy(() => readCreateBody(body, 'version', false))).toMatchObject({ status: 422 });
  });
});

describe('the 422 of an input', () => {
  it('is the one Replicate answers for a value outside an enumeration', () => {
    const faults = inputFaults(schemaOf('google/nano-banana'), { prompt: 'p', output_format: 'gif' }, true);
    const description = 'output_format must be one of the following: "jpg", "png"';
    expect(invalidInput(faults).body).toEqual({
      detail: `- input.output_format: ${description}\n`,
      status: 422,
      title: 'Input validation failed',
      invalid_fields: [{ type: 'enum', field: 'input.output_format', description }],
    });
  });

  it('is the one Replicate answers for a missing prompt', () => {
    expect(invalidInput(inputFaults(schemaOf('google/veo-3.1'), {}, true)).body).toEqual({
      detail: '- input: prompt is required\n',
      status: 422,
      title: 'Input validation failed',
      invalid_fields: [{ type: 'required', field: 'input', description: 'prompt is required' }],
    });
  });

  it.each([
    ['black-forest-labs/flux-schnell', { prompt: 'p', num_outputs: 5 }, 'number_lte', 'input.num_outputs'],
    ['black-forest-labs/flux-schnell', { prompt: 'p', num_outputs: 0 }, 'number_gte', 'input.num_outputs'],
    [
      'black-forest-labs/flux-schnell',
      { prompt: 'p', num_outputs: 1.5 },
      'invalid_type',
      'input.num_outputs',
    ],
    ['black-forest-labs/flux-schnell', { prompt: 'p', megapixels: 1 }, 'invalid_type', 'input.megapixels'],
    ['wan-video/wan-2.5-t2v', { prompt: 'p', duration: 7 }, 'enum', 'input.duration'],
    ['wan-video/wan-2.5-t2v-fast', { prompt: 'p', size: '832*480' }, 'enum', 'input.size'],
    ['google/veo-3.1', { prompt: 'p', image: 'a.png' }, 'format', 'input.image'],
    [
      'google/veo-3.1',
      { prompt: 'p', reference_images: Array(4).fill('https://a.b/c') },
      'array_max_items',
      'input.reference_images',
    ],
    [
      'google/veo-3.1-fast',
      { prompt: 'p', reference_images: [] },
      'additional_property_not_allowed',
      'input',
    ],
  ])('of %s finds the fault in %j', (name, input, type, field) => {
    expect(inputFaults(schemaOf(name), input, true)).toMatchObject([{ type, field }]);
  });

  it('lets unknown keys pass when told to', () => {
    expect(inputFaults(schemaOf('google/veo-3.1'), { prompt: 'p', width: 1 }, false)).toEqual([]);
  });
});

describe('withDefaults', () => {
  it('fills in what the schema defaults and keeps what was given', () => {
    const filled = withDefaults(schemaOf('wan-video/wan-2.5-t2v'), { prompt: 'p', size: '480*832' });
    expect(filled).toMatchObject({
      prompt: 'p',
      size: '480*832',
      duration: 5,
      enable_prompt_expansion: true,
    });
  });
});
