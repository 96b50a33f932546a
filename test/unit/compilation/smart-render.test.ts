import fc from 'fast-check';
import { cutsOf, pieceFrames, smartPieces } from '../../../src/compilation/smart-render.js';

const every = (frames: number, gop: number) => ({
  frames,
  keyFrames: Array.from({ length: Math.ceil(frames / gop) }, (_, index) => index * gop),
});

describe('smart render', () => {
  it('encodes from the last key frame before a transition to the first after it', () => {
    expect(smartPieces([every(192, 48), every(192, 48)], 12)).toEqual([
      { copied: { clip: 0, from: 0, to: 144 } },
      {
        encoded: [
          { clip: 0, from: 144, to: 192 },
          { clip: 1, from: 0, to: 48 },
        ],
      },
      { copied: { clip: 1, from: 48, to: 192 } },
    ]);
  });

  it('encodes whole a clip between two transitions that has no key frame to spare', () => {
    const pieces = smartPieces([every(96, 24), every(48, 250), every(96, 24)], 12)!;
    expect(pieces[1]).toEqual({
      encoded: [
        { clip: 0, from: 72, to: 96 },
        { clip: 1, from: 0, to: 48 },
        { clip: 2, from: 0, to: 24 },
      ],
    });
    expect([0, 1, 2].map((clip) => cutsOf(pieces, clip))).toEqual([[72], [], [24]]);
  });

  it('is no use where nothing can be copied', () => {
    expect(smartPieces([every(48, 250), every(48, 250)], 12)).toBeNull();
  });

  it('gives each frame of the film once and cuts at key frames alone', () => {
    const clip = fc.record({
      frames: fc.integer({ min: 24, max: 200 }),
      gop: fc.integer({ min: 1, max: 120 }),
    });
    const films = fc.tuple(fc.array(clip, { minLength: 2, maxLength: 6 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(films, ([recipes, overlap]) => {
        const clips = recipes.map(({ frames, gop }) => every(frames, gop));
        const pieces = smartPieces(clips, overlap);
        if (pieces === null) return;
        const total = clips.reduce((sum, { frames }) => sum + frames, 0) - (clips.length - 1) * overlap;
        expect(pieces.reduce((sum, piece) => sum + pieceFrames(piece, overlap), 0)).toBe(total);
        for (const [index, { keyFrames }] of clips.entries())
          for (const cut of cutsOf(pieces, index)) expect(keyFrames).toContain(cut);
        const ranges = pieces.flatMap((piece) => ('copied' in piece ? [piece.copied] : piece.encoded));
        for (const index of clips.keys()) {
          const own = ranges.filter((range) => range.clip === index);
          expect(own[0]!.from).toBe(0);
          expect(own.at(-1)!.to).toBe(clips[index]!.frames);
          for (const [at, range] of own.slice(1).entries()) expect(range.from).toBe(own[at]!.to);
        }
      }),
    );
  });
});
