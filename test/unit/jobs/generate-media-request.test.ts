import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { readGenerationRequest } from '../../../src/jobs/generate-media.request.js';
import { registry } from '../models/registry-file.js';

const valid = { mediaType: 'image', modelId: 'flux-schnell', userId: 'producer-1', prompt: 'a lighthouse' };

function refusal(body: unknown): AppError {
  try {
    readGenerationRequest(body, registry);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the body was taken');
}

const refusedPaths = (body: unknown) => refusal(body).issues.map((issue) => issue.path);

describe('a request for media', () => {
  it('is planned', () => {
    const { userId, plan } = readGenerationRequest(valid, registry);
    expect(userId).toBe('producer-1');
    expect(plan).toMatchObject({ estimatedCost: '0.003', parameters: { prompt: 'a lighthouse' } });
  });

  it('has the faults of its body and of its parameters named together', () => {
    const error = refusal({ ...valid, userId: 'a b', extra: 1, parameters: { seed: -1, fps: 5 } });
    expect(error.code).toBe('invalid_parameters');
    expect(error.issues.map((issue) => issue.path).sort()).toEqual([
      'extra',
      'parameters.fps',
      'parameters.seed',
      'userId',
    ]);
  });

  it.each([
    ['a model of another kind of media', { ...valid, mediaType: 'video' }],
    ['an unknown model', { ...valid, modelId: 'nope' }],
    ['a model named as a part of every object', { ...valid, modelId: 'constructor' }],
    ['no prompt', { ...valid, prompt: undefined }],
    ['two prompts that differ', { ...valid, parameters: { prompt: 'another' } }],
  ])('is refused for %s', (_what, body) => {
    expect(refusedPaths(body).length).toBeGreaterThan(0);
  });

  it.each([undefined, 7, null, ['flux-schnell'], {}])(
    'for the model %j is refused with its other faults',
    (modelId) => {
      expect(refusedPaths({ ...valid, modelId, userId: 'a b' }).sort()).toEqual(['modelId', 'userId']);
    },
  );

  it('of nothing is told what is missing', () => {
    expect(refusedPaths({}).sort()).toEqual(['mediaType', 'modelId', 'userId']);
  });

  it('that the provider would bill and ignore in part is refused with what it would have cost', () => {
    const parameters = { reference_images: ['https://example.com/a.png'], aspect_ratio: '9:16' };
    const wasteful = { ...valid, mediaType: 'video', modelId: 'veo-3.1', parameters };
    expect(refusal(wasteful)).toMatchObject({ code: 'invalid_parameters', wouldHaveCost: '0.96' });
    for (const more of [{ userId: 'a b' }, { mediaType: 'image' }, { parameters: { ...parameters, fps: 5 } }])
      expect(refusal({ ...wasteful, ...more }).wouldHaveCost).toBeUndefined();
    expect(refusal({ ...valid, parameters: { seed: -1 } }).wouldHaveCost).toBeUndefined();
  });

  it('has each fault named once', () => {
    const paths = refusedPaths({ mediaType: 5, modelId: {}, userId: [], prompt: 1, parameters: 'none' });
    expect(paths).toEqual([...new Set(paths)]);
  });

  it('is refused with a word to the client, whatever its fields hold', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('image', 'flux-schnell', '__proto__', 'toString'));
    const body = fc.record(
      { mediaType: field, modelId: field, userId: field, prompt: field, parameters: field },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (hostile) => {
        expect(refusal({ ...hostile, extra: 1 }).code).toBe('invalid_parameters');
      }),
    );
  });
});
