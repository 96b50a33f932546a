import fc from 'fast-check';
import { captionCues, writeAss, writeSrt, writeVtt } from '../../../src/compilation/captions.js';

const cues = captionCues([
  { text: 'Once upon a time.', startSeconds: 0, endSeconds: 2 },
  { text: '  ', startSeconds: 2, endSeconds: 4 },
  { text: 'The <b>end</b> --> {\\an8}', startSeconds: 3_661.5, endSeconds: 3_663 },
]);

describe('captions', () => {
  it('are written as SubRip, without what players take for tags', () => {
    expect(writeSrt(cues)).toBe(
      '1\n00:00:00,000 --> 00:00:02,000\nOnce upon a time.\n\n' +
        '2\n01:01:01,500 --> 01:01:03,000\nThe ‹b›end‹/b› --› (\\an8)\n',
    );
  });

  it('are written as WebVTT, escaped', () => {
    expect(writeVtt(cues)).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nOnce upon a time.\n\n' +
        '01:01:01.500 --> 01:01:03.000\nThe &lt;b&gt;end&lt;/b&gt; --&gt; {\\an8}\n',
    );
  });

  it('are drawn a tenth off the edges, by a script that no text commands', () => {
    const script = writeAss(cues, { width: 1080, height: 1920 });
    expect(script).toContain('PlayResX: 1080\nPlayResY: 1920');
    expect(script).toMatch(/^Style: Caption,Sans,59,.*,2,108,108,192,1$/m);
    expect(script).toContain('Dialogue: 0,1:01:01.50,1:01:03.00,Caption,The <b>end</b> --> (/an8)');
  });

  it('follow each other within their span, two lines of 42 at most, and lose no word', () => {
    const word = fc.stringMatching(/^[\w<>{}\\&-]{1,60}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 80 }), (words) => {
        const made = captionCues([{ text: words.join(' '), startSeconds: 10, endSeconds: 20 }]);
        expect(made[0]!.startSeconds).toBe(10);
        expect(made.at(-1)!.endSeconds).toBeCloseTo(20, 9);
        for (const [index, cue] of made.slice(1).entries())
          expect(cue.startSeconds).toBe(made[index]!.endSeconds);
        for (const { lines } of made) {
          expect(lines.length).toBeLessThanOrEqual(2);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
        }
        expect(
          made
            .flatMap(({ lines }) => lines)
            .join('')
            .replaceAll(' ', ''),
        ).toBe(words.join(''));
      }),
    );
  });
});
