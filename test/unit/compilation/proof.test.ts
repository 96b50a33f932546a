import type { InspectedFile } from '../../../src/compilation/packets.js';
import { planCompilation } from '../../../src/compilation/plan.js';
import { failures, proveFilm, type Evidence } from '../../../src/compilation/proof.js';
import { aClip, OPTIONS } from './a-clip.js';

const plan = planCompilation([aClip({ seconds: 1 })], OPTIONS);

const packets = (count: number, step: number, start = 0) =>
  Array.from({ length: count }, (_, index) => {
    const ptsSeconds = start + index * step;
    return { ptsSeconds, dtsSeconds: ptsSeconds, durationSeconds: step, isKey: index === 0 };
  });

const right: InspectedFile = {
  ...{ videoStreams: 1, audioStreams: 1, picture: { width: 1920, height: 1080, durationSeconds: 1 } },
  video: packets(24, 1 / 24),
  audio: packets(47, 1024 / 48_000),
};

const faultsOf = (file: Partial<InspectedFile>, evidence: Partial<Evidence> = {}) =>
  proveFilm(plan, 'mp4', {
    ...{ file: { ...right, ...file }, complaints: [], decoded: 'all frames' },
    ...evidence,
  })
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

describe('the proof of a film', () => {
  it('holds for what was planned', () => {
    expect(faultsOf({})).toEqual([]);
  });

  const moved = (from: number, by: number) =>
    right.audio.map((packet, index) =>
      index < from ? packet : { ...packet, ptsSeconds: packet.ptsSeconds + by },
    );

  it.each<[string, Partial<InspectedFile>, string[]]>([
    ['a lost frame', { video: packets(23, 1 / 24) }, ['frames']],
    ['a slower picture', { video: packets(24, 1 / 20) }, ['frame steps', 'duration', 'sound and picture']],
    ['no sound', { audioStreams: 0, audio: [] }, ['streams', 'sound and picture']],
    ['another size', { picture: { ...right.picture!, width: 1280 } }, ['size']],
    ['sound that ends early', { audio: packets(40, 1024 / 48_000) }, ['sound and picture']],
    ['a hole in the sound', { audio: moved(20, 0.2) }, ['sound and picture', 'gaps in the sound']],
  ])('finds %s', (_name, file, faults) => {
    expect(faultsOf(file)).toEqual(faults);
  });

  it('finds what does not decode, and what is too loud', () => {
    expect(faultsOf({}, { complaints: ['broken'] })).toEqual(['decoding all frames']);
    expect(faultsOf({}, { loudness: { target: -14, measured: -12.9 } })).toEqual(['loudness']);
    expect(faultsOf({}, { loudness: { target: -14, measured: -13.1 } })).toEqual([]);
  });

  it('tells in words what failed', () => {
    const checks = proveFilm(plan, 'mp4', {
      ...{ file: { ...right, video: packets(23, 1 / 24) }, complaints: [], decoded: 'all frames' },
    });
    expect(failures(checks)).toBe('frames: 23 instead of 24');
  });
});
