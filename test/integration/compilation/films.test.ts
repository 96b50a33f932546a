import { readdir, readFile } from 'node:fs/promises';
import type { OutputFormat } from '../../../src/compilation/compile-options.js';
import { sound } from '../media/sample-media.js';
import type { ClipRecipe } from '../../support/film/clips.js';
import { FilmWorkshop, frameHashes, soundLevel, streamsOf } from './workshop.js';

jest.setTimeout(120_000);

let workshop: FilmWorkshop;
beforeAll(async () => {
  workshop = await FilmWorkshop.start();
});
afterAll(() => workshop.close());

const hashesOfClip = async ({ objectKey }: { objectKey: string }) =>
  frameHashes(await workshop.fetch(objectKey));

const actions = ({ plan }: { plan: { clips: { action: string }[] } }) =>
  plan.clips.map(({ action }) => action);

describe('a film of equal clips', () => {
  it('is their very frames, one behind the other, with their sound', async () => {
    const clips = await workshop.clips({}, { hertz: 880 }, { seconds: 1 });
    const film = await workshop.compile(clips);
    expect([film.plan.strategy, film.mediaDurationSeconds]).toEqual(['copy', 5]);
    expect(film.verification).toMatchObject({ passed: true, copiedFrames: 120, encodedFrames: 0 });
    const frames = (await Promise.all(clips.map(hashesOfClip))).flat();
    expect(await frameHashes(film.path)).toEqual(frames);
    expect((await streamsOf(film.path)).map(({ codec_type }) => codec_type)).toEqual(['video', 'audio']);
  });

  it('that are silent is silent', async () => {
    const clips = await workshop.clips({ sound: false }, { sound: false });
    const film = await workshop.compile(clips);
    expect(film.plan.strategy).toBe('copy');
    expect((await streamsOf(film.path)).map(({ codec_type }) => codec_type)).toEqual(['video']);
  });

  it('is stored under its compilation, with what proves it', async () => {
    const film = await workshop.compile(await workshop.clips({}), { captions: 'sidecar' });
    const prefix = film.objectKey.split('/').slice(0, 3).join('/');
    expect(film.objectKey).toMatch(/^compiled\/([0-9a-f-]{36})\/[0-9a-f-]{36}\/final-\1\.mp4$/);
    expect((await workshop.media.keys()).filter((key) => key.startsWith(prefix)).sort()).toEqual([
      `${prefix}/captions.srt`,
      `${prefix}/captions.vtt`,
      film.objectKey,
      `${prefix}/metadata.json`,
    ]);
    const metadata: unknown = JSON.parse(await readFile(await workshop.fetch(film.metadataKey), 'utf8'));
    expect(metadata).toMatchObject({ film: { sha256: film.sha256, verification: { passed: true } } });
    expect(await readdir(workshop.temporaryDirectory)).toEqual([]);
  });
});

describe('a film of clips of all sorts', () => {
  const odd: Record<string, [ClipRecipe, RegExp]> = {
    'another size, rate and no sound': [
      { size: '64x64', fps: 30, sound: false },
      /64×64 .*; 30 .*; no sound/,
    ],
    'mono at 44.1 kHz': [{ sound: { rate: 44_100, channels: 1 } }, /44100 .*; sound of 1/],
    'MPEG-4 part 2': [{ encoder: ['-c:v', 'mpeg4'] }, /mpeg4 instead of h264/],
    'other pixels': [{ encoder: ['-c:v', 'libx264', '-pix_fmt', 'yuv444p'] }, /yuv444p/],
    'a variable frame rate': [
      {
        filters: "select='not(mod(n,5))+not(mod(n,3))'",
        encoder: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-vsync', 'vfr'],
      },
      /a variable frame rate/,
    ],
    'VP8 in WebM': [
      { extension: 'webm', encoder: ['-c:v', 'libvpx', '-b:v', '200k'] },
      /vp8 instead of h264/,
    ],
    'another profile': [
      { encoder: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-profile:v', 'main'] },
      /profile Main@1 instead of High@1/,
    ],
    'sound that ends too early': [{ sound: { seconds: 1 } }, /does not last as long/],
    'pixels that are not square': [{ filters: 'setsar=2' }, /pixels of 2:1/],
    'a broadcast rate': [{ fps: '30000/1001' }, /29\.97 instead of 24/],
  };

  it('keeps those that fit as they are, changes the others alone, and says why', async () => {
    const recipes = Object.values(odd).map(([recipe]) => recipe);
    const clips = await workshop.clips({}, { seconds: 0.04, sound: { seconds: 0.04 } }, ...recipes, {
      seconds: 5,
      hertz: 880,
    });
    const film = await workshop.compile(clips);
    expect(film.plan.strategy).toBe('mixed');
    expect(film.verification.fallback).toBeUndefined();
    expect(actions(film)).toEqual(['copy', 'copy', ...recipes.map(() => 'conform'), 'copy']);
    for (const [index, [, reason]] of Object.values(odd).entries())
      expect(film.plan.clips[index + 2]!.reason).toMatch(reason);
    const [frames, first, last] = await Promise.all([
      frameHashes(film.path),
      hashesOfClip(clips[0]!),
      hashesOfClip(clips.at(-1)!),
    ]);
    expect(frames).toHaveLength(film.plan.frames);
    expect(frames.slice(0, 48)).toEqual(first);
    expect(frames.slice(-120)).toEqual(last);
  });

  it.each([0, 1, 2])(
    'has sound throughout although clip %d has none, whose pictures are copied',
    async (at) => {
      const recipes: ClipRecipe[] = [{}, {}];
      recipes.splice(at, 0, { sound: false });
      const film = await workshop.compile(await workshop.clips(...recipes));
      expect(film.verification).toMatchObject({ copiedFrames: 144, encodedFrames: 0 });
      expect(film.plan.clips[at]).toMatchObject({ action: 'conform', reason: 'no sound: silence is added' });
      const levels = await Promise.all([0, 1, 2].map((clip) => soundLevel(film.path, clip * 2 + 0.5, 1)));
      expect(levels.map((level) => level > -60)).toEqual([0, 1, 2].map((clip) => clip !== at));
    },
  );

  it('turns upright what was filmed on its side', async () => {
    const upright = await workshop.clips({ seconds: 1 }, { seconds: 3 });
    const turned = upright[0]!.signature!.video!;
    const clips = [
      { ...upright[0]!, signature: { ...upright[0]!.signature!, video: { ...turned, rotation: 90 } } },
      upright[1]!,
    ];
    const film = await workshop.compile(clips);
    expect(film.plan.clips[0]).toMatchObject({ action: 'conform', reason: 'turned by 90°' });
  });
});

describe('transitions', () => {
  it('between equal clips leave all frames but those around them as they are', async () => {
    const clips = await workshop.clips({ seconds: 3 }, { seconds: 3, hertz: 880 }, { seconds: 3 });
    const film = await workshop.compile(clips, { transition: { type: 'fade', durationSeconds: 0.5 } });
    expect([film.plan.method, film.plan.strategy]).toEqual(['smart', 'mixed']);
    expect(film.verification.fallback).toBeUndefined();
    const frames = await frameHashes(film.path);
    expect(frames).toHaveLength(3 * 72 - 2 * 12);
    const sources = await Promise.all(clips.map(hashesOfClip));
    expect(frames.slice(0, 60)).toEqual(sources[0]!.slice(0, 60));
    expect(frames.slice(72, 120)).toEqual(sources[1]!.slice(12, 60));
    expect(frames.slice(132)).toEqual(sources[2]!.slice(12));
    expect(film.verification).toMatchObject({ copiedFrames: 168, encodedFrames: 24 });
  });

  it('between clips of two sorts encode the odd one and the frames around, and keep to the exact length', async () => {
    const clips = await workshop.clips({}, { size: '64x64', fps: 30, sound: false }, { gop: 24, seconds: 3 });
    const film = await workshop.compile(clips, { transition: { type: 'wipeleft', durationSeconds: 0.25 } });
    expect(film.plan.method).toBe('smart');
    expect(film.verification.fallback).toBeUndefined();
    expect(await frameHashes(film.path)).toHaveLength(48 + 48 + 72 - 12);
  });

  it('between clips of one group of pictures each are encoded whole', async () => {
    const clips = await workshop.clips({ gop: 250 }, { gop: 250, hertz: 880 });
    const film = await workshop.compile(clips, { transition: { type: 'fade', durationSeconds: 0.5 } });
    expect([film.plan.method, film.plan.strategy]).toEqual(['render', 'reencode']);
    expect(film.verification.fallback).toMatch(/cannot be cut/);
    expect(await frameHashes(film.path)).toHaveLength(84);
  });
});

describe('output formats', () => {
  const formats: [OutputFormat, string, string | undefined][] = [
    ['webm', 'vp9', 'opus'],
    ['mov', 'h264', 'aac'],
    ['avi', 'mpeg4', 'ac3'],
    ['mkv', 'h264', 'aac'],
    ['gif', 'gif', undefined],
  ];
  it.each(formats)('%s holds %s and %s', async (outputFormat, video, audio) => {
    const clips = await workshop.clips({}, { size: '64x64', fps: 30, sound: false });
    const film = await workshop.compile(clips, { outputFormat });
    const codecs = (await streamsOf(film.path)).map(({ codec_name }) => codec_name);
    expect(codecs).toEqual(audio ? [video, audio] : [video]);
    expect(film.verification.fallback).toBeUndefined();
  });

  it('hls is a playlist whose segments are stored beside it', async () => {
    const film = await workshop.compile(await workshop.clips({}, { hertz: 880 }), { outputFormat: 'hls' });
    const playlist = await readFile(film.path, 'utf8');
    const segments = playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const prefix = film.objectKey.slice(0, film.objectKey.lastIndexOf('/'));
    const keys = await workshop.media.keys();
    expect(segments.length).toBeGreaterThan(0);
    for (const segment of segments) expect(keys).toContain(`${prefix}/${segment}`);
    expect(playlist).toContain('#EXT-X-ENDLIST');
  });

  it('size, rate and quality are as asked', async () => {
    const film = await workshop.compile(await workshop.clips({}), {
      ...{ size: { width: 72, height: 128 }, fps: { num: 30, den: 1 }, quality: 'low' },
    });
    const [video] = await streamsOf(film.path);
    expect(video).toMatchObject({ width: 72, height: 128, r_frame_rate: '30/1', sample_aspect_ratio: '1:1' });
  });
});

describe('the sound bed', () => {
  const bedOptions = { volume: 1, ducking: false, fadeInSeconds: 0, fadeOutSeconds: 0 };

  it('lies under the whole film, repeats, fades out, and leaves the pictures as they are', async () => {
    const clips = await workshop.clips({ sound: false }, { sound: false });
    const url = workshop.source.serve('/bed.wav', await sound('bed.wav'));
    const audio = { ...bedOptions, source: { url }, fadeOutSeconds: 1 };
    const film = await workshop.compile([...clips, ...clips], { audio }, { url });
    expect(film.verification).toMatchObject({ copiedFrames: 192, encodedFrames: 0 });
    const [early, late, end] = await Promise.all([
      soundLevel(film.path, 0.5, 1),
      soundLevel(film.path, 5.5, 1),
      soundLevel(film.path, 7.8, 0.2),
    ]);
    expect(Math.abs(early - late)).toBeLessThan(1);
    expect(end).toBeLessThan(early - 10);
  });

  it('stands back where the film is heard', async () => {
    const clips = await workshop.clips({ hertz: 880 }, { sound: false }, { hertz: 880 });
    const url = workshop.source.serve('/duck.wav', await sound('bed.wav'));
    const level = async (ducking: boolean) => {
      const audio = { ...bedOptions, source: { url }, ducking };
      const film = await workshop.compile(clips, { audio }, { url });
      return soundLevel(film.path, 0.5, 1);
    };
    expect(await level(true)).toBeLessThan((await level(false)) - 1);
  });

  it('and the film together are brought to the loudness asked for', async () => {
    const film = await workshop.compile(await workshop.clips({}, { hertz: 880 }), { targetLufs: -20 });
    const loudness = film.verification.checks.find(({ name }) => name === 'loudness');
    expect(loudness).toMatchObject({ passed: true, expected: '-20 ± 1 LUFS' });
    expect(film.verification.copiedFrames).toBe(96);
  });
});

describe('captions', () => {
  const narration = 'A {\\an8}hostile <b>text</b> --> with signs: 50 %, \'quotes\' and "more"';

  it('stand beside the film', async () => {
    const clips = await workshop.clips({ narration }, { narration: 'The end.' });
    const film = await workshop.compile(clips, { captions: 'sidecar' });
    expect(film.plan.strategy).toBe('copy');
    const srt = await readFile(await workshop.fetch(film.captions!.srt), 'utf8');
    const vtt = await readFile(await workshop.fetch(film.captions!.vtt), 'utf8');
    expect(srt).toContain('00:00:02,000 --> 00:00:04,000\nThe end.\n');
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:00\.000 --> /);
  });

  it('are drawn into the picture', async () => {
    const size = '320x180';
    const plain = await workshop.clips({ size });
    const film = await workshop.compile(await workshop.clips({ size, narration }), { captions: 'burn' });
    expect(film.plan.clips[0]).toMatchObject({ action: 'reencode', reason: /drawn into/ });
    const bare = await workshop.compile(plain, { quality: 'medium' });
    expect(await frameHashes(film.path)).not.toEqual(await frameHashes(bare.path));
  });
});

describe('an input that cannot be used', () => {
  const nothingLeft = async (keysBefore: string[]) => {
    expect(await workshop.media.keys()).toEqual(keysBefore);
    expect(await readdir(workshop.temporaryDirectory)).toEqual([]);
  };

  it('because it is gone fails the film, which names the clip and leaves nothing', async () => {
    const clips = await workshop.clips({}, {});
    await workshop.media.store.delete(clips[1]!.objectKey);
    const before = await workshop.media.keys();
    await expect(workshop.compile(clips)).rejects.toMatchObject({
      code: 'output_missing',
      message: expect.stringContaining(`clip 2 "Scene 2" (videoId ${clips[1]!.videoId})`),
    });
    await nothingLeft(before);
  });

  it('because it is another than was stored fails the film', async () => {
    const clips = await workshop.clips({}, {});
    const bytes = await readFile(await workshop.fetch(clips[0]!.objectKey));
    bytes[bytes.length - 100]! ^= 0xff;
    await workshop.media.store.put(clips[0]!.objectKey, bytes, { contentType: 'video/mp4' });
    const before = await workshop.media.keys();
    await expect(workshop.compile(clips)).rejects.toMatchObject({
      code: 'output_invalid',
      message: expect.stringContaining('clip 1'),
    });
    await nothingLeft(before);
  });

  it.each(['copy', 'encode'])('because it does not decode fails the film (%s)', async (way) => {
    const [whole, broken] = await workshop.brokenClip();
    const before = await workshop.media.keys();
    const options = way === 'copy' ? {} : ({ quality: 'low' } as const);
    await expect(workshop.compile([whole, broken], options)).rejects.toMatchObject({
      code: 'output_invalid',
      message: expect.stringContaining(`clip 2 "Scene 2" (videoId ${broken.videoId})`),
    });
    await nothingLeft(before);
  });
});
