import fc from 'fast-check';
import { parseCancelAfter } from '../../../../local/replicate/create-prediction.js';
import { frameSize } from '../../../../local/replicate/media/frame-size.js';
import { promptLines } from '../../../../local/replicate/media/prompt-text.js';
import { requestedMedia } from '../../../../local/replicate/media/requested.js';
import type { Model } from '../../../../local/replicate/model.js';
import { ModelCatalogue } from '../../../../local/replicate/models.js';
import { defaultSettings } from '../../../../local/replicate/options.js';
import { withDefaults } from '../../../../local/replicate/validation.js';

const fallback = { width: 640, height: 360 };
const models = new ModelCatalogue(undefined, () => defaultSettings);

describe('frameSize', () => {
  it.each([
    [{ size: '1280*720' }, 1280, 720],
    [{ size: '480x832' }, 480, 832],
    [{ width: 513, height: 300 }, 514, 300],
    [{ resolution: '1080p', aspect_ratio: '16:9' }, 1920, 1080],
    [{ resolution: '720p', aspect_ratio: '9:16' }, 720, 1280],
    [{ resolution: '480p' }, 854, 480],
    [{ aspect_ratio: '1:1', megapixels: '0.25' }, 512, 512],
    [{ aspect_ratio: '16:9' }, 1360, 768],
    [{ width: 100 }, 640, 360],
    [{ aspect_ratio: 'match_input_image' }, 640, 360],
    [{}, 640, 360],
    [{ width: 100_000, height: 1 }, 4096, 16],
  ])('of %j is %i × %i', (input, width, height) => {
    expect(frameSize(input, fallback)).toEqual({ width, height });
  });

  it('takes a model’s own table before the ratio', () => {
    expect(frameSize({ aspect_ratio: '16:9' }, fallback, { '16:9': [1344, 768] })).toEqual({
      width: 1344,
      height: 768,
    });
  });

  it('always has even sides within what an encoder takes', () => {
    fc.assert(
      fc.property(
        fc.record({
          width: fc.double(),
          height: fc.double(),
          aspect_ratio: fc.string(),
          megapixels: fc.anything(),
        }),
        (input) => {
          const { width, height } = frameSize(input, fallback);
          for (const side of [width, height]) expect(side % 2 === 0 && side >= 16 && side <= 4096).toBe(true);
        },
      ),
    );
  });
});

describe('requestedMedia', () => {
  const of = (name: string, input: Record<string, unknown>) => {
    const model = models.byName(name) as Model;
    return requestedMedia(model, withDefaults(model.input, input), 7);
  };

  it.each([
    [
      'stability-ai/stable-video-diffusion',
      { input_image: 'x' },
      { kind: 'video', fps: 6, frames: 14, sound: false, width: 1024, height: 576 },
    ],
    [
      'google/veo-3.1',
      { generate_audio: false },
      { kind: 'video', fps: 24, frames: 192, sound: false, width: 1920, height: 1080 },
    ],
    [
      'wan-video/wan-2.5-t2v',
      { duration: 10 },
      { kind: 'video', fps: 30, frames: 300, sound: true, width: 1280, height: 720 },
    ],
    ['meta/musicgen', {}, { kind: 'audio', durationSeconds: 8, format: 'wav', channels: 2 }],
    [
      'meta/musicgen',
      { model_version: 'large', output_format: 'mp3' },
      { kind: 'audio', format: 'mp3', channels: 1 },
    ],
    [
      'black-forest-labs/flux-schnell',
      { aspect_ratio: '21:9' },
      { kind: 'image', format: 'webp', quality: 80, width: 1536, height: 640 },
    ],
  ])('of %s with %j', (name, input, spec) => {
    expect(of(name, { prompt: 'p', ...input })).toMatchObject([{ ...spec, seed: 7, prompt: 'p' }]);
  });

  it('gives each of several images its own seed', () => {
    expect(of('stability-ai/sdxl', { num_outputs: 3 }).map(({ seed }) => seed)).toEqual([7, 8, 9]);
  });
});

describe('promptLines', () => {
  it('fills lines and cuts after six', () => {
    const lines = promptLines('word '.repeat(500), { width: 640, height: 360 });
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/word …$/);
  });

  it('loses no word of a prompt that fits, and breaks words that do not', () => {
    expect(promptLines('two\nlines\u0000here', { width: 1280, height: 720 })).toEqual(['two lines here']);
    expect(promptLines('x'.repeat(50), { width: 320, height: 320 }).join('')).toBe('x'.repeat(50));
  });
});

describe('parseCancelAfter', () => {
  it.each([
    ['30s', 30],
    ['5m', 300],
    ['1h30m45s', 5445],
    ['90', 90],
    [undefined, undefined],
  ])('reads %s as %s seconds', (header, seconds) => {
    expect(parseCancelAfter(header)).toBe(seconds);
  });

  it.each(['4s', '4', '', 'soon', '5x', '-9s'])('refuses "%s"', (header) => {
    expect(() => parseCancelAfter(header)).toThrow(/422/);
  });
});
