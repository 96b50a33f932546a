import fc from 'fast-check';
import { clipStarts, filmSeconds, planCompilation, rendered } from '../../../src/compilation/plan.js';
import type { CompileOptions } from '../../../src/compilation/compile-options.js';
import { aClip, aStill, OPTIONS } from './a-clip.js';

const plan = (clips: ReturnType<typeof aClip>[], options: Partial<CompileOptions> = {}) =>
  planCompilation(clips, { ...OPTIONS, ...options });

const wan = (position: number) =>
  aClip({
    ...{ position, seconds: 5, audio: null },
    video: {
      width: 1280,
      height: 720,
      frameRate: '30/1',
      averageFrameRate: '30/1',
      frames: 150,
      timeBase: '1/15360',
    },
  });

describe('the plan of a film', () => {
  it('of equal clips copies all of them', () => {
    const planned = plan([aClip(), aClip({ position: 1 })]);
    expect(planned).toMatchObject({ method: 'join', strategy: 'copy', mixesSound: false, frames: 384 });
    expect(planned.clips.map(({ action, reason }) => [action, reason])).toEqual([
      ['copy', 'as the film is'],
      ['copy', 'as the film is'],
    ]);
  });

  it('of the hybrid episode conforms the odd clip alone', () => {
    const planned = plan([aClip(), wan(1), aClip({ position: 2 })]);
    expect(planned).toMatchObject({ method: 'join', strategy: 'mixed', frames: 504 });
    expect(planned.clips[1]).toEqual({
      ...{ videoId: 'v1', action: 'conform', frames: 120, picture: 'encode', sound: 'encode' },
      reason: '1280×720 instead of 1920×1080; 30 instead of 24 frames a second; no sound: silence is added',
    });
    expect(filmSeconds(planned)).toBe(21);
  });

  it.each([
    [{ video: { timeBase: '1/24000' } }, 'copy', 'copy', 'other time base'],
    [{ audio: null }, 'copy', 'encode', 'no sound: silence is added'],
    [{ audio: { sampleRateHz: 44_100 } }, 'copy', 'encode', 'sound of 44100 instead of 48000 Hz'],
    [{ audio: { channels: 1 } }, 'copy', 'encode', 'sound of 1 instead of 2 channels'],
    [{ audio: { codec: 'opus', profile: null } }, 'copy', 'encode', 'opus sound instead of AAC'],
    [{ audio: { durationSeconds: 7 } }, 'copy', 'encode', 'its sound does not last as long as its picture'],
    [{ video: { rotation: 90 } }, 'encode', 'encode', 'turned by 90°'],
    [{ video: { codec: 'hevc', profile: 'Main' } }, 'encode', 'encode', 'hevc instead of h264'],
    [{ video: { fieldOrder: 'tt' } }, 'encode', 'encode', 'interlaced'],
    [{ video: { sampleAspectRatio: '4:3' } }, 'encode', 'encode', 'pixels of 4:3 instead of square ones'],
    [{ video: { averageFrameRate: '17/1' } }, 'encode', 'encode', 'a variable frame rate'],
    [{ video: { level: 31 } }, 'encode', 'encode', 'profile High@3.1 instead of High@4'],
    [{ video: { colorSpace: 'bt709' } }, 'encode', 'encode', 'other colours'],
    [{ container: 'matroska,webm' }, 'encode', 'encode', 'its container is not MP4'],
    [{ video: { startSeconds: 0.5 } }, 'encode', 'encode', 'its frames cannot be copied one by one'],
  ])('of a clip with %j: picture %s, sound %s, because: %s', (difference, picture, sound, reason) => {
    const odd = aClip({ ...difference, position: 1 });
    const planned = plan([aClip(), odd, aClip({ position: 2 })]);
    expect(planned.clips[1]).toMatchObject({ action: 'conform', picture, sound, reason });
    expect(planned.strategy).toBe('mixed');
  });

  it('shows a still picture for five seconds', () => {
    const planned = plan([aClip(), aStill(1)]);
    expect(planned.clips[1]).toMatchObject({ action: 'conform', frames: 120, picture: 'encode' });
    expect(plan([aStill()])).toMatchObject({
      ...{ strategy: 'reencode', sound: null },
      picture: { width: 1024, height: 1024 },
    });
  });

  it('is of the sort that most seconds have, the first where they are equal', () => {
    const short = { seconds: 2, video: { width: 640, height: 360 } };
    expect(plan([aClip(short), aClip(short), aClip()]).picture.width).toBe(1920);
    expect(plan([aClip({ ...short, seconds: 8 }), aClip()]).picture.width).toBe(640);
  });

  it.each<[Partial<CompileOptions>, string]>([
    [{ outputFormat: 'webm' }, 'webm was asked for'],
    [{ quality: 'low' }, 'quality low was asked for'],
    [{ captions: 'burn' }, 'captions are drawn into the picture'],
    [{ size: { width: 720, height: 1280 } }, '1920×1080 instead of 720×1280'],
    [{ fps: { num: 25, den: 1 } }, '24 instead of 25 frames a second'],
  ])('with %j encodes everything: %s', (options, reason) => {
    const planned = plan([aClip(), aClip({ position: 1 })], options);
    expect(planned).toMatchObject({ method: 'render', strategy: 'reencode' });
    for (const clip of planned.clips) expect(clip).toMatchObject({ action: 'reencode', reason });
  });

  it('with sound of its own keeps every picture that fits', () => {
    const planned = plan([aClip(), aClip({ position: 1, audio: null })], { targetLufs: -14 });
    expect(planned).toMatchObject({ method: 'join', strategy: 'copy', mixesSound: true });
    expect(planned.clips.map(({ sound }) => sound)).toEqual(['apart', 'apart']);
  });

  it('with transitions is shorter by each, and refuses clips that are too short', () => {
    const transition = { type: 'fade', durationSeconds: 0.5 };
    const clips = [aClip(), aClip({ position: 1 }), aClip({ position: 2 })];
    expect(plan(clips, { transition })).toMatchObject({
      method: 'smart',
      strategy: 'mixed',
      frames: 3 * 192 - 24,
    });
    const short = aClip({ position: 1, seconds: 0.5 });
    expect(() => plan([clips[0]!, short], { transition })).toThrow(
      'A transition of 0.5 s needs clips of twice that length; too short: clip 2 (videoId v1)',
    );
  });

  it('falls back on encoding everything, with the reason', () => {
    const planned = rendered(plan([aClip(), wan(1)]), 'it failed');
    expect(planned).toMatchObject({ method: 'render', strategy: 'reencode', frames: 312 });
    expect(planned.clips.map(({ action, reason }) => [action, reason])).toEqual([
      ['reencode', 'it failed'],
      ['reencode', 'it failed'],
    ]);
  });

  it('places clips without gap: the last ends where the film does, whatever they are', () => {
    const clips = fc.array(fc.constantFrom(aClip(), wan(1), aStill(2), aClip({ position: 3, seconds: 2 })), {
      ...{ minLength: 1, maxLength: 8 },
    });
    const transition = fc.option(
      fc.record({ type: fc.constant('fade'), durationSeconds: fc.double({ min: 0.1, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(clips, transition, (some, over) => {
        const planned = plan(some, { transition: over });
        const starts = clipStarts(planned);
        expect(starts.at(-1)! + planned.clips.at(-1)!.frames).toBe(planned.frames);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        const copies = planned.clips.filter(({ action }) => action === 'copy').length;
        if (planned.strategy === 'copy') expect(copies).toBe(some.length);
        if (planned.strategy === 'reencode') expect(copies).toBe(0);
      }),
    );
  });
});
