import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fitFrame } from '../../../src/models/frame-size.js';
import type { JsonSchema, Values } from '../../../src/models/model.js';
import { validParameters } from './arbitrary-parameters.js';
import { issuesOf, modelNamed, planFor, registry } from './registry-file.js';

const url = 'https://example.com/a.png';

describe('the provider input', () => {
  it.each<[string, Values, Values]>([
    [
      'flux-schnell',
      {},
      { prompt: 'p', aspect_ratio: '1:1', megapixels: '1', num_outputs: 1, output_format: 'webp' },
    ],
    [
      'flux-schnell',
      { width: 1280, height: 720, seed: 7 },
      {
        prompt: 'p',
        aspect_ratio: '16:9',
        megapixels: '1',
        seed: 7,
        go_fast: false,
        num_outputs: 1,
        output_format: 'webp',
      },
    ],
    [
      'flux-schnell',
      {
        aspect_ratio: '9:21',
        megapixels: '0.25',
        seed: 7,
        go_fast: true,
        num_outputs: 4,
        output_quality: 50,
      },
      {
        prompt: 'p',
        aspect_ratio: '9:21',
        megapixels: '0.25',
        seed: 7,
        go_fast: true,
        num_outputs: 4,
        output_format: 'webp',
        output_quality: 50,
      },
    ],
    [
      'sdxl',
      { negative_prompt: 'fog', guidance_scale: 5, scheduler: 'DDIM', seed: 3 },
      {
        prompt: 'p',
        negative_prompt: 'fog',
        guidance_scale: 5,
        scheduler: 'DDIM',
        seed: 3,
        width: 1024,
        height: 1024,
        num_outputs: 1,
        num_inference_steps: 50,
      },
    ],
    ['nano-banana', {}, { prompt: 'p', aspect_ratio: '1:1', output_format: 'jpg' }],
    ['nano-banana', { image_input: [] }, { prompt: 'p', aspect_ratio: '1:1', output_format: 'jpg' }],
    [
      'nano-banana',
      { aspect_ratio: 'match_input_image' },
      { prompt: 'p', aspect_ratio: '1:1', output_format: 'jpg' },
    ],
    [
      'nano-banana',
      { aspect_ratio: 'match_input_image', image_input: [url] },
      { prompt: 'p', aspect_ratio: 'match_input_image', image_input: [url], output_format: 'jpg' },
    ],
    ['nano-banana', { image_input: [url] }, { prompt: 'p', image_input: [url], output_format: 'jpg' }],
    ['nano-banana', { aspect_ratio: '3:4' }, { prompt: 'p', aspect_ratio: '3:4', output_format: 'jpg' }],
    [
      'stability-video',
      { image: url, fps: 24, num_frames: 25, motion_bucket_id: 127 },
      {
        input_image: url,
        frames_per_second: 24,
        video_length: '25_frames_with_svd_xt',
        motion_bucket_id: 127,
      },
    ],
    [
      'stability-video',
      { image: url, num_frames: 14, fps: 6, seed: 0 },
      {
        input_image: url,
        frames_per_second: 6,
        video_length: '14_frames_with_svd',
        motion_bucket_id: 127,
        seed: 0,
      },
    ],
    ['wan-2.5-t2v', {}, { prompt: 'p', duration: 5, size: '1280*720' }],
    [
      'wan-2.5-t2v',
      {
        size: '832*480',
        audio: 'https://example.com/a.wav',
        enable_prompt_expansion: false,
        negative_prompt: '',
      },
      {
        prompt: 'p',
        duration: 5,
        size: '832*480',
        audio: 'https://example.com/a.wav',
        enable_prompt_expansion: false,
      },
    ],
    ['wan-2.5-t2v-fast', { duration: 10 }, { prompt: 'p', duration: 10, size: '1280*720' }],
    [
      'veo-3.1',
      {},
      { prompt: 'p', duration: 8, resolution: '1080p', aspect_ratio: '16:9', generate_audio: true },
    ],
    [
      'veo-3.1',
      { reference_images: [], image: url, generate_audio: false },
      {
        prompt: 'p',
        image: url,
        duration: 8,
        resolution: '1080p',
        aspect_ratio: '16:9',
        generate_audio: false,
      },
    ],
    [
      'veo-3.1',
      { reference_images: [url] },
      {
        prompt: 'p',
        reference_images: [url],
        duration: 8,
        resolution: '1080p',
        aspect_ratio: '16:9',
        generate_audio: true,
      },
    ],
    [
      'musicgen',
      { duration: 12 },
      {
        prompt: 'p',
        duration: 12,
        temperature: 1,
        top_k: 250,
        top_p: 0,
        output_format: 'mp3',
        model_version: 'stereo-melody-large',
      },
    ],
  ])('of %s for %o is right', (modelId, parameters, input) => {
    expect(planFor(modelId, parameters).providerInput).toEqual(input);
  });

  it('satisfies the schema of the provider model that runs it, whatever the valid request', () => {
    const accepts = providerChecks();
    for (const model of registry.list()) {
      fc.assert(
        fc.property(validParameters(model), (parameters) => {
          const plan = planFor(model.modelId, parameters);
          const check = accepts.get(plan.provider.model!)!;
          check(plan.providerInput);
          expect(check.errors ?? []).toEqual([]);
        }),
        { numRuns: 60 },
      );
    }
  });

  it('leaves the registry as it is', () => {
    const before = JSON.stringify(registry.list());
    planFor('flux-schnell', { seed: 7 });
    planFor('nano-banana');
    expect(JSON.stringify(registry.list())).toBe(before);
  });
});

/** Checks by the input schemas of the simulator, which stand for the provider's; unknown inputs fail them. */
function providerChecks(): Map<string, ValidateFunction> {
  const file = join(import.meta.dirname, '../../../local/replicate/models.json');
  const { models } = JSON.parse(readFileSync(file, 'utf8')) as {
    models: { name: string; input: JsonSchema }[];
  };
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { uri: true } });
  return new Map(
    models.map(({ name, input }) => [name, ajv.compile({ ...input, additionalProperties: false })]),
  );
}

describe('the provider model', () => {
  it.each([
    ['flux-schnell', {}, 'official', 'black-forest-labs/flux-schnell'],
    ['sdxl', {}, 'community', 'stability-ai/sdxl'],
    ['nano-banana', {}, 'official', 'google/nano-banana'],
    ['stability-video', { image: url }, 'community', 'stability-ai/stable-video-diffusion'],
    ['wan-2.5-t2v', { size: '832*480' }, 'official', 'wan-video/wan-2.5-t2v'],
    ['wan-2.5-t2v-fast', {}, 'official', 'wan-video/wan-2.5-t2v-fast'],
    ['wan-2.5-t2v-fast', { size: '832*480' }, 'official', 'wan-video/wan-2.5-t2v'],
    ['wan-2.5-t2v-fast', { size: '480*832' }, 'official', 'wan-video/wan-2.5-t2v'],
    ['veo-3.1', {}, 'official', 'google/veo-3.1'],
    ['veo-3.1-fast', {}, 'official', 'google/veo-3.1-fast'],
    ['musicgen', {}, 'community', 'meta/musicgen'],
  ])('of %s with %o is the %s %s', (modelId, parameters, kind, model) => {
    const { provider } = planFor(modelId, parameters);
    expect(provider).toMatchObject({ kind, model });
    expect(provider.version).toEqual(kind === 'community' ? modelNamed(modelId).version : null);
  });
});

describe('the width and height of flux-schnell', () => {
  const frame = modelNamed('flux-schnell').provider.frame!;

  it.each([
    [1024, 1024, '1:1', '1'],
    [512, 512, '1:1', '0.25'],
    [1920, 1080, '16:9', '1'],
    [1280, 720, '16:9', '1'],
    [1344, 768, '16:9', '1'],
    [672, 384, '16:9', '0.25'],
    [640, 360, '16:9', '0.25'],
    [1080, 1920, '9:16', '1'],
    [1536, 640, '21:9', '1'],
    [1088, 896, '5:4', '1'],
  ])('%i x %i become %s at %s megapixels', (width, height, ratio, megapixels) => {
    const plan = planFor('flux-schnell', { width, height });
    expect(plan).toMatchObject({ providerInput: { aspect_ratio: ratio, megapixels }, warnings: [] });
    expect(plan.providerInput).not.toHaveProperty('width');
  });

  it('near a ratio become it, with the size that will be made', () => {
    expect(planFor('flux-schnell', { width: 1600, height: 1000 })).toMatchObject({
      providerInput: { aspect_ratio: '3:2', megapixels: '1' },
      warnings: ['1600x1000 is no size of the model: it makes 1216x832 (3:2)'],
    });
  });

  it('far from every ratio are refused, with the ratios that there are', () => {
    expect(issuesOf(() => planFor('flux-schnell', { width: 3000, height: 1000 }))).toEqual([
      {
        path: 'parameters.width',
        message:
          'width 3000 and height 1000 have a ratio the model cannot make: come near one of 1:1, 16:9, 9:16, 21:9, 9:21, 3:2, 2:3, 4:3, 3:4, 5:4, 4:5',
      },
    ]);
  });

  it('may be repeated by aspect_ratio and megapixels, not contradicted', () => {
    const size = { width: 1280, height: 720 };
    expect(planFor('flux-schnell', { ...size, aspect_ratio: '16:9', megapixels: '1' }).warnings).toEqual([]);
    expect(
      issuesOf(() => planFor('flux-schnell', { ...size, aspect_ratio: '1:1', megapixels: '0.25' })),
    ).toEqual([
      {
        path: 'parameters.aspect_ratio',
        message: 'aspect_ratio must be "16:9" for 1280x720, or left out (got "1:1")',
      },
      {
        path: 'parameters.megapixels',
        message: 'megapixels must be "1" for 1280x720, or left out (got "0.25")',
      },
    ]);
  });

  it('fit the mirrored ratio when they are swapped', () => {
    const side = fc.integer({ min: 64, max: 4096 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const fit = fitFrame(frame, width, height);
        const swapped = fitFrame(frame, height, width);
        expect(swapped?.ratio.split(':').reverse().join(':')).toEqual(fit?.ratio);
        expect(swapped?.megapixels).toEqual(fit?.megapixels);
      }),
    );
  });
});
