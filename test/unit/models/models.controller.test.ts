import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { AppError } from '../../../src/errors.js';
import { ListModelsQuery } from '../../../src/models/model.dto.js';
import { ModelsController } from '../../../src/models/models.controller.js';
import { openApiSchemas } from '../../../src/models/parameter-schemas.js';
import { loadRegistry } from '../../../src/models/registry.js';
import { issuesOf, registry } from './registry-file.js';

const controller = new ModelsController(registry);
const query = (given: object = {}) => plainToInstance(ListModelsQuery, given);
const faultyKeys = (given: object) => validateSync(query(given)).map((fault) => fault.property);

describe('the list of models', () => {
  it('holds all nine on one page', () => {
    const { items, nextCursor } = controller.list(query());
    expect(items).toHaveLength(9);
    expect(nextCursor).toBeNull();
  });

  it('may be narrowed to a media type', () => {
    const { items } = controller.list(query({ mediaType: 'video' }));
    expect(items.map((item) => item.modelId)).toEqual([
      'stability-video',
      'wan-2.5-t2v',
      'wan-2.5-t2v-fast',
      'veo-3.1',
      'veo-3.1-fast',
    ]);
  });

  it('can be read in pages without a gap or a repetition', () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = controller.list(query({ limit: '4', ...(cursor === null ? {} : { cursor }) }));
      expect(page.items.length).toBeLessThanOrEqual(4);
      seen.push(...page.items.map((item) => item.modelId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(registry.list().map((model) => model.modelId));
  });

  it('refuses a cursor that it did not give', () => {
    expect(issuesOf(() => controller.list(query({ cursor: 'nonsense' })))).toEqual([
      { path: 'cursor', message: 'cursor must be the nextCursor of an earlier page' },
    ]);
  });

  it.each([
    [{ limit: '0' }, ['limit']],
    [{ limit: '101' }, ['limit']],
    [{ limit: 'many' }, ['limit']],
    [{ mediaType: 'text' }, ['mediaType']],
    [{ limit: '100', mediaType: 'audio', cursor: 'x' }, []],
  ])('with %o has faults in %o', (given, faults) => {
    expect(faultyKeys(given)).toEqual(faults);
  });
});

describe('one model', () => {
  it('shows what clients may know, and not how the provider is asked', () => {
    expect(Object.keys(controller.find('veo-3.1')).sort()).toEqual([
      'defaults',
      'description',
      'enabled',
      'estimatedTime',
      'mediaType',
      'modelId',
      'parameters',
      'pricing',
      'rules',
      'version',
    ]);
  });

  it('shows its rules as when, must and message', () => {
    const [rule] = controller.find('veo-3.1').rules;
    expect(rule).toEqual({
      when: { required: ['reference_images'], properties: { reference_images: { minItems: 1 } } },
      must: { required: ['aspect_ratio'], properties: { aspect_ratio: { const: '16:9' } } },
      message: 'When using reference_images, aspect_ratio must be "16:9"',
    });
  });

  it('shows when it is retired and what to use instead', () => {
    const entry = { version: 'v', pricing: 1, estimatedTime: 1 };
    const retiring = loadRegistry(
      JSON.stringify({
        image: { old: { ...entry, deprecatedAt: '2026-10-01', successor: 'new' }, new: entry },
      }),
      'test.json',
    );
    expect(new ModelsController(retiring).find('old')).toMatchObject({
      deprecatedAt: '2026-10-01',
      successor: 'new',
    });
  });

  it.each(['veo-3.2', 'constructor', ''])('that does not exist is not found: %p', (modelId) => {
    expect(() => controller.find(modelId)).toThrow(AppError);
    expect(() => controller.find(modelId)).toThrow(expect.objectContaining({ code: 'model_not_found' }));
  });
});

describe('the OpenAPI schemas', () => {
  it('hold the parameters of every model under its name', () => {
    expect(Object.keys(openApiSchemas(registry))).toEqual([
      'FluxSchnellParameters',
      'SdxlParameters',
      'NanoBananaParameters',
      'StabilityVideoParameters',
      'Wan25T2vParameters',
      'Wan25T2vFastParameters',
      'Veo31Parameters',
      'Veo31FastParameters',
      'MusicgenParameters',
    ]);
  });

  it('tell the rules between parameters', () => {
    const { Veo31Parameters } = openApiSchemas(registry);
    expect(Veo31Parameters).toMatchObject({
      type: 'object',
      description: expect.stringContaining('When using reference_images, duration must be 8 seconds'),
    });
  });

  it('require what the model requires but the prompt, which may stand beside the parameters', () => {
    const { StabilityVideoParameters, Veo31Parameters } = openApiSchemas(registry);
    expect([StabilityVideoParameters?.required, Veo31Parameters?.required]).toEqual([['image'], []]);
  });

  it('keep models apart whose names differ only in dots', () => {
    const entry = { version: 'v', pricing: 1, estimatedTime: 1 };
    const twins = loadRegistry(JSON.stringify({ image: { 'a-1.1': entry, 'a-11': entry } }), 'test.json');
    expect(Object.keys(openApiSchemas(twins))).toEqual(['A11Parameters', 'A11Parameters2']);
  });
});
