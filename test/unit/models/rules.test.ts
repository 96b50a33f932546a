import type { Values } from '../../../src/models/model.js';
import { issuesOf, planFor, registry } from './registry-file.js';

const url = 'https://example.com/a.png';
const references = { reference_images: [url] };
const priceWarning = /^The provider is expected to charge/;
const notesOf = (modelId: string, parameters: Values) =>
  planFor(modelId, parameters).warnings.filter((warning) => !priceWarning.test(warning));

const broken: [string, Values, string, string][] = [
  [
    'veo-3.1',
    { ...references, aspect_ratio: '9:16' },
    'aspect_ratio',
    'When using reference_images, aspect_ratio must be "16:9"',
  ],
  [
    'veo-3.1',
    { ...references, duration: 6 },
    'duration',
    'When using reference_images, duration must be 8 seconds',
  ],
  [
    'veo-3.1',
    { ...references, last_frame: url },
    'last_frame',
    'When using reference_images, last_frame must be left out: the model ignores it',
  ],
  [
    'flux-schnell',
    { width: 1024 },
    'height',
    'width and height must be given together: add height, or use aspect_ratio instead',
  ],
  [
    'flux-schnell',
    { height: 1024 },
    'width',
    'width and height must be given together: add width, or use aspect_ratio instead',
  ],
  [
    'musicgen',
    { multi_band_diffusion: true },
    'multi_band_diffusion',
    'multi_band_diffusion works only with model_version "melody-large" or "large"',
  ],
  [
    'musicgen',
    { continuation: true },
    'continuation',
    'continuation needs input_audio: there is nothing to continue',
  ],
];

const warned: [string, Values, string][] = [
  [
    'veo-3.1',
    { last_frame: url },
    'last_frame is documented only together with image: the model may ignore it',
  ],
  [
    'veo-3.1-fast',
    { last_frame: url },
    'last_frame is documented only together with image: the model may ignore it',
  ],
  [
    'flux-schnell',
    { seed: 7, go_fast: true },
    'With go_fast the result is not reproducible: seed has no effect',
  ],
  ['flux-schnell', { seed: 7 }, 'go_fast was turned off, because a seed has no effect with it'],
  ['flux-schnell', { output_format: 'png', output_quality: 90 }, 'output_quality has no effect on png'],
  ['sdxl', { mask: url }, 'mask has no effect without image'],
  ['sdxl', { prompt_strength: 0.5 }, 'prompt_strength has no effect without image'],
  [
    'sdxl',
    { refine: 'no_refiner', high_noise_frac: 0.5 },
    'high_noise_frac has no effect unless refine is "expert_ensemble_refiner"',
  ],
  ['sdxl', { refine_steps: 5 }, 'refine_steps has no effect unless refine is "base_image_refiner"'],
  ['sdxl', { lora_scale: 0.6 }, 'lora_scale has no effect on the untrained model'],
  [
    'nano-banana',
    { aspect_ratio: 'match_input_image' },
    'aspect_ratio "match_input_image" needs image_input; "1:1" is used',
  ],
  [
    'stability-video',
    { image: url },
    'The clip will last only 1.042 s (25 frames at 24 a second): lower fps for a longer one',
  ],
  [
    'stability-video',
    { image: url, num_frames: 14, fps: 8 },
    'The clip will last only 1.75 s (14 frames at 8 a second): lower fps for a longer one',
  ],
  [
    'wan-2.5-t2v-fast',
    { size: '480*832' },
    'wan-2.5-t2v-fast has no 480p: size 480*832 is run by wan-2.5-t2v at the same price, and takes longer',
  ],
  [
    'musicgen',
    { continuation_start: 3 },
    'continuation_start and continuation_end have no effect without continuation',
  ],
];

describe('a rule between parameters', () => {
  it.each(broken)('of %s refuses %o at %s', (modelId, parameters, at, message) => {
    expect(issuesOf(() => planFor(modelId, parameters))).toEqual([{ path: `parameters.${at}`, message }]);
  });

  it('is tested above, each one', () => {
    const messages = registry.list().flatMap((model) => model.rules.map((rule) => rule.message));
    expect(messages.sort()).toEqual(broken.map(([, , , message]) => message).sort());
  });

  it.each<[string, Values]>([
    ['veo-3.1', references],
    ['veo-3.1', { ...references, aspect_ratio: '16:9', duration: 8 }],
    ['veo-3.1', { reference_images: [], aspect_ratio: '9:16', duration: 4 }],
    ['veo-3.1', { aspect_ratio: '9:16', duration: 4 }],
    ['musicgen', { multi_band_diffusion: true, model_version: 'large' }],
    ['musicgen', { multi_band_diffusion: false }],
    ['musicgen', { continuation: true, input_audio: url }],
    ['flux-schnell', { width: 1024, height: 1024 }],
  ])('of %s is kept by %o, defaults counted', (modelId, parameters) => {
    expect(notesOf(modelId, parameters)).toEqual([]);
  });

  it('tells every broken rule at once', () => {
    const attempt = () =>
      planFor('veo-3.1', { ...references, aspect_ratio: '9:16', duration: 4, last_frame: url });
    expect(issuesOf(attempt)).toHaveLength(3);
  });

  it('is silent about a parameter that is at fault by itself', () => {
    expect(issuesOf(() => planFor('veo-3.1', { ...references, duration: 5 }))).toEqual([
      { path: 'parameters.duration', message: 'duration must be one of 4, 6, 8 (got 5)' },
    ]);
  });
});

describe('a warning', () => {
  it.each(warned)('of %s for %o is told', (modelId, parameters, message) => {
    expect(notesOf(modelId, parameters)).toEqual([message]);
  });

  it.each<[string, Values]>([
    ['sdxl', { image: url, mask: url, prompt_strength: 0.5 }],
    ['sdxl', { refine: 'base_image_refiner', refine_steps: 5 }],
    ['sdxl', { refine: 'expert_ensemble_refiner', high_noise_frac: 0.7 }],
    ['veo-3.1', { image: url, last_frame: url }],
    ['stability-video', { image: url, fps: 12 }],
    ['stability-video', { image: url, num_frames: 14, fps: 7 }],
    ['nano-banana', { aspect_ratio: 'match_input_image', image_input: [url] }],
    ['nano-banana', {}],
    ['wan-2.5-t2v-fast', {}],
    ['wan-2.5-t2v', { size: '832*480' }],
  ])('of %s is not told for %o', (modelId, parameters) => {
    expect(notesOf(modelId, parameters)).toEqual([]);
  });
});
