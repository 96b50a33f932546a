import { createHash } from 'node:crypto';
import type { RunningSimulator } from './running-simulator.js';
import { idOf, probe, startSimulator } from './running-simulator.js';

const svd = '3f0457e4619daac51203dedb472816fd4af51f3149fa7a9e0b5ffcf1b8172438';
const sdxl = '7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc';
const musicgen = '671ac645ce5e552cc63a54a2bbff63fcf798043055d2dac5fc9e36a837eedcfb';

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

async function outputs(answer: Response): Promise<string[]> {
  expect(answer.status).toBe(201);
  const { output, error } = await simulator.finished(await idOf(answer));
  expect(error).toBeNull();
  return ([] as string[]).concat(output ?? []);
}

const hash = async (url: string) =>
  createHash('sha256')
    .update(Buffer.from(await (await fetch(url)).arrayBuffer()))
    .digest('hex');

describe('images', () => {
  it.each([
    [
      'webp',
      'black-forest-labs/flux-schnell',
      { aspect_ratio: '16:9', num_outputs: 2 },
      'webp',
      1344,
      768,
      2,
    ],
    [
      'png',
      'black-forest-labs/flux-schnell',
      { megapixels: '0.25', output_format: 'png' },
      'png',
      512,
      512,
      1,
    ],
    ['jpg', 'google/nano-banana', { aspect_ratio: '9:16' }, 'mjpeg', 768, 1344, 1],
  ])('are %s of the size and number asked for', async (_name, model, input, codec, width, height, count) => {
    const urls = await outputs(
      await simulator.create(model, { prompt: 'A red fox, 50% off: "now"', ...input }),
    );
    expect(urls).toHaveLength(count);
    const { streams } = await probe(urls.at(-1) as string);
    expect(streams).toMatchObject([{ codec_name: codec, width, height }]);
  });

  it('take width and height where the model has them', async () => {
    const urls = await outputs(await simulator.createByVersion(sdxl, { width: 640, height: 384 }));
    expect((await probe(urls[0] as string)).streams).toMatchObject([
      { codec_name: 'png', width: 640, height: 384 },
    ]);
  });
});

describe('videos', () => {
  it.each([
    ['wan', 'wan-video/wan-2.5-t2v', { size: '480*832', duration: 5 }, 480, 832, '30/1', 150, true],
    [
      'veo',
      'google/veo-3.1-fast',
      { resolution: '720p', aspect_ratio: '9:16', duration: 4 },
      720,
      1280,
      '24/1',
      96,
      true,
    ],
    [
      'silent veo',
      'google/veo-3.1',
      { resolution: '1080p', duration: 4, generate_audio: false },
      1920,
      1080,
      '24/1',
      96,
      false,
    ],
  ])(
    'of %s honour size, rate, length and sound',
    async (_name, model, input, width, height, rate, frames, sound) => {
      const [url] = await outputs(await simulator.create(model, { prompt: 'waves', seed: 3, ...input }));
      const { streams, format } = await probe(url as string);
      const picture = {
        codec_name: 'h264',
        pix_fmt: 'yuv420p',
        width,
        height,
        r_frame_rate: rate,
        nb_read_frames: String(frames),
      };
      expect(streams).toMatchObject(
        sound ? [picture, { codec_name: 'aac', sample_rate: '48000' }] : [picture],
      );
      expect(Math.abs(Number(format.duration) - input.duration)).toBeLessThan(0.05);
    },
  );

  it('of stable-video-diffusion have the frames and rate asked for and no sound', async () => {
    const input = {
      input_image: 'https://example.com/a.png',
      video_length: '25_frames_with_svd_xt',
      frames_per_second: 24,
    };
    const [url] = await outputs(await simulator.createByVersion(svd, input));
    const { streams } = await probe(url as string);
    expect(streams).toMatchObject([
      { codec_name: 'h264', width: 1024, height: 576, r_frame_rate: '24/1', nb_read_frames: '25' },
    ]);
  });
});

describe('audio', () => {
  it.each([
    ['wav', 'pcm_s16le'],
    ['mp3', 'mp3'],
  ])('is %s of the duration asked for', async (format, codec) => {
    const [url] = await outputs(
      await simulator.createByVersion(musicgen, { prompt: 'calm', duration: 3, output_format: format }),
    );
    const found = await probe(url as string);
    expect(found.streams).toMatchObject([{ codec_name: codec, sample_rate: '32000' }]);
    expect(Math.abs(Number(found.format.duration) - 3)).toBeLessThan(0.1);
  });
});

describe('seeds', () => {
  const flux = (input: Record<string, unknown>) =>
    simulator.create('black-forest-labs/flux-schnell', { megapixels: '0.25', ...input }).then(outputs);

  it('make the same bytes again in a simulator that has never seen them', async () => {
    const other = await startSimulator({ seed: 'other' });
    const input = { prompt: 'same', seed: 7, duration: 4, resolution: '720p' };
    const [mine] = await outputs(await simulator.create('google/veo-3.1-fast', input));
    const { output } = await other.finished(await idOf(await other.create('google/veo-3.1-fast', input)));
    expect(await hash(output as string)).toBe(await hash(mine as string));
    await other.close();
  });

  it('and prompts change the picture', async () => {
    const urls = await Promise.all(
      [
        { prompt: 'a', seed: 1 },
        { prompt: 'a', seed: 2 },
        { prompt: 'b', seed: 1 },
      ].map(flux),
    );
    expect(new Set(await Promise.all(urls.map(([url]) => hash(url as string)))).size).toBe(3);
  });

  it('are drawn when none is given, so that two runs differ', async () => {
    const [[one], [other]] = [await flux({ prompt: 'a' }), await flux({ prompt: 'a' })];
    expect(await hash(one as string)).not.toBe(await hash(other as string));
  });
});

describe('padded outputs', () => {
  it.each([
    ['an MP4', 'google/veo-3.1-fast', { duration: 4, resolution: '720p' }],
    ['an image', 'google/nano-banana', {}],
  ])('keep %s decodable at exactly the size asked for', async (_name, model, input) => {
    const bytes = 8_000_003;
    await simulator.faults({ where: 'run', kind: 'output-bytes', bytes, times: 1 });
    const [url] = await outputs(await simulator.create(model, { prompt: 'big', ...input }));
    expect((await (await fetch(url as string)).arrayBuffer()).byteLength).toBe(bytes);
    expect((await probe(url as string)).streams[0]?.width).toBeGreaterThan(0);
  });

  it('keep a WAV its own length', async () => {
    await simulator.faults({ where: 'run', kind: 'output-bytes', bytes: 3_000_000, times: 1 });
    const input = { prompt: 'big', duration: 2, output_format: 'wav' };
    const [url] = await outputs(await simulator.createByVersion(musicgen, input));
    expect(Math.abs(Number((await probe(url as string)).format.duration) - 2)).toBeLessThan(0.1);
  });
});
