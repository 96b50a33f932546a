import type { FrameSize } from './frame-size.js';

const mostLines = 6;
/** Width of an average letter of DejaVu Sans, as a share of the font size. */
const letterWidth = 0.62;

/** Font size in pixels for a picture. */
export function lineHeight({ width, height }: FrameSize): number {
  return Math.max(10, Math.round(Math.min(width, height) / 20));
}

/** The prompt in lines that fit the picture; what does not fit six lines ends in an ellipsis. */
export function promptLines(prompt: string, size: FrameSize): string[] {
  const columns = Math.max(8, Math.floor((size.width * 0.9) / (lineHeight(size) * letterWidth)));
  const words = prompt
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .split(' ')
    .filter(Boolean);
  const lines = words
    .flatMap((word) => slices(word, columns))
    .reduce<string[]>((done, word) => {
      const last = done.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= columns)
        return [...done.slice(0, -1), `${last} ${word}`];
      return done.length > mostLines ? done : [...done, word];
    }, []);
  return lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), `${lines[mostLines - 1]} …`];
}

function slices(word: string, columns: number): string[] {
  const letters = Array.from(word);
  return Array.from({ length: Math.ceil(letters.length / columns) }, (_, index) =>
    letters.slice(index * columns, (index + 1) * columns).join(''),
  );
}
