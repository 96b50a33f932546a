import { mediaArguments } from '../../../../local/replicate/media/arguments.js';
import { lookOf, notesOf } from '../../../../local/replicate/media/look.js';
import type { ImageSpec, VideoSpec } from '../../../../local/replicate/media/spec.js';

const image: ImageSpec = {
  kind: 'image',
  width: 640,
  height: 360,
  format: 'jpg',
  quality: 80,
  seed: 1,
  prompt: 'p',
};
const video: VideoSpec = {
  kind: 'video',
  width: 640,
  height: 360,
  fps: 24,
  frames: 48,
  sound: true,
  seed: 1,
  prompt: 'p',
};
const text = { fontFile: 'font.ttf', textFile: 'prompt.txt' };

describe('mediaArguments', () => {
  it('draw the prompt from a file, so that nothing in it can be taken for a filter', () => {
    const [, , , graph] = mediaArguments({ ...image, prompt: "x':evil" }, { geq: true, text }, 'out.jpg');
    expect(graph).toContain('textfile=prompt.txt:expansion=none');
    expect(graph).not.toContain('evil');
  });

  it('do without text when it cannot be drawn', () => {
    expect(mediaArguments(image, { geq: true }, 'out.jpg').join(' ')).not.toContain('drawtext');
  });

  it('fall back to a test picture, turned in colour by the seed, where formulas are missing', () => {
    const of = (seed: number) => mediaArguments({ ...image, seed }, { geq: false }, 'out.jpg').join(' ');
    expect(of(1)).toContain('testsrc2');
    expect(of(1)).not.toBe(of(2));
  });

  it('end with the output and make nothing that depends on the machine', () => {
    const args = mediaArguments(video, { geq: true, text }, 'out.mp4');
    expect(args.at(-1)).toBe('out.mp4');
    expect(args).toEqual(
      expect.arrayContaining(['-fflags', '+bitexact', '-threads', '1', '-map_metadata', '-1']),
    );
    expect(args).toEqual(expect.arrayContaining(['-t', '2.000', '-g', '48', 'libx264', 'aac']));
    expect(args.join(' ')).toContain('trim=end_frame=48');
  });

  it('have no sound where none is wanted', () => {
    const args = mediaArguments({ ...video, sound: false }, { geq: true }, 'out.mp4').join(' ');
    expect(args).not.toMatch(/aevalsrc|aac/);
  });
});

describe('a seed', () => {
  const seeds = Array.from({ length: 50 }, (_, index) => index);

  it('decides colours, pattern and notes', () => {
    expect(lookOf(3)).toEqual(lookOf(3));
    expect(notesOf(3)).toEqual(notesOf(3));
    expect(new Set(seeds.map((seed) => lookOf(seed).red)).size).toBe(50);
  });

  it('gives only notes that can be heard', () => {
    for (const hertz of seeds.flatMap(notesOf)) expect(hertz > 100 && hertz < 1000).toBe(true);
  });
});
