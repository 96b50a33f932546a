/** A text and the time of the film that it belongs to. */
export interface NarratedSpan {
  text: string;
  startSeconds: number;
  endSeconds: number;
}

/** One caption: at most two lines of 42 characters, words longer than a line apart. */
export interface Cue {
  lines: string[];
  startSeconds: number;
  endSeconds: number;
}

const LINE_CHARACTERS = 42;
const LINES = 2;

/** Spreads each span's text over its time, as many characters a second throughout the span. */
export function captionCues(spans: NarratedSpan[]): Cue[] {
  return spans.flatMap(({ text, startSeconds, endSeconds }) => {
    const lines = wrapped(text);
    const groups = Array.from({ length: Math.ceil(lines.length / LINES) }, (_, index) =>
      lines.slice(index * LINES, (index + 1) * LINES),
    );
    const sizes = groups.map((group) => group.join(' ').length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let passed = 0;
    return groups.map((group, index) => {
      const at = (characters: number) => startSeconds + ((endSeconds - startSeconds) * characters) / total;
      const start = at(passed);
      passed += sizes[index]!;
      return { lines: group, startSeconds: start, endSeconds: at(passed) };
    });
  });
}

/** SubRip knows no escapes: what players take for tags or times is replaced by signs that look alike. */
export function writeSrt(cues: Cue[]): string {
  const plain = (line: string) =>
    line.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{', '(').replaceAll('}', ')');
  return cues
    .map(
      ({ lines, startSeconds, endSeconds }, index) =>
        `${index + 1}\n${clock(startSeconds, ',')} --> ${clock(endSeconds, ',')}\n${lines.map(plain).join('\n')}\n`,
    )
    .join('\n');
}

export function writeVtt(cues: Cue[]): string {
  const escaped = (line: string) =>
    line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const blocks = cues.map(
    ({ lines, startSeconds, endSeconds }) =>
      `${clock(startSeconds, '.')} --> ${clock(endSeconds, '.')}\n${lines.map(escaped).join('\n')}\n`,
  );
  return ['WEBVTT\n', ...blocks].join('\n');
}

/** The part of each side that captions leave free: players and screens cover edges. */
const SAFE_SHARE = 0.1;
const FONT_SHARE = 0.055;

/** Captions for drawing into a picture of that size, in the script of libass; no text can give it commands. */
export function writeAss(cues: Cue[], { width, height }: { width: number; height: number }): string {
  const plain = (line: string) => line.replaceAll('\\', '/').replaceAll('{', '(').replaceAll('}', ')');
  const size = Math.max(8, Math.round(Math.min(width, height) * FONT_SHARE));
  const [side, foot] = [Math.round(width * SAFE_SHARE), Math.round(height * SAFE_SHARE)];
  const edge = Math.max(1, Math.round(size / 12));
  return [
    '[Script Info]',
    'ScriptType: v4.00+',
    `PlayResX: ${width}`,
    `PlayResY: ${height}`,
    'WrapStyle: 0',
    'ScaledBorderAndShadow: yes',
    '',
    '[V4+ Styles]',
    'Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding',
    `Style: Caption,Sans,${size},&H00FFFFFF,&H00000000,&H80000000,1,${edge},${edge},2,${side},${side},${foot},1`,
    '',
    '[Events]',
    'Format: Layer, Start, End, Style, Text',
    ...cues.map(
      ({ lines, startSeconds, endSeconds }) =>
        `Dialogue: 0,${shortClock(startSeconds)},${shortClock(endSeconds)},Caption,${lines.map(plain).join('\\N')}`,
    ),
    '',
  ].join('\n');
}

function wrapped(text: string): string[] {
  const words = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .flatMap(cutWord);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_CHARACTERS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function cutWord(word: string): string[] {
  const signs = Array.from(new Intl.Segmenter().segment(word), ({ segment }) => segment);
  return Array.from({ length: Math.ceil(signs.length / LINE_CHARACTERS) }, (_, index) =>
    signs.slice(index * LINE_CHARACTERS, (index + 1) * LINE_CHARACTERS).join(''),
  );
}

function clock(seconds: number, mark: ',' | '.'): string {
  return clockOf(seconds, 1_000, 2, mark);
}

/** libass counts hundredths. */
function shortClock(seconds: number): string {
  return clockOf(seconds, 100, 1, '.');
}

function clockOf(seconds: number, ticksPerSecond: number, hourDigits: number, mark: string): string {
  const ticks = Math.round(seconds * ticksPerSecond);
  const digits = String(ticksPerSecond).length - 1;
  const part = (value: number, length: number) => String(value).padStart(length, '0');
  const whole = Math.floor(ticks / ticksPerSecond);
  return [
    part(Math.floor(whole / 3_600), hourDigits),
    part(Math.floor(whole / 60) % 60, 2),
    `${part(whole % 60, 2)}${mark}${part(ticks % ticksPerSecond, digits)}`,
  ].join(':');
}
