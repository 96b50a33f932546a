/** A number of frames a second, or a length of a tick in seconds, as an exact fraction. */
export interface Rational {
  num: number;
  den: number;
}

/** Reads `24000/1001`; undefined for anything that is no positive fraction, such as ffprobe's `0/0`. */
export function parseRational(text: string): Rational | undefined {
  const [num = Number.NaN, den = 1] = text.split('/').map(Number);
  return num > 0 && den > 0 && Number.isFinite(num / den) ? { num, den } : undefined;
}

export function writeRational({ num, den }: Rational): string {
  return `${num}/${den}`;
}

export function sameRational(a: Rational, b: Rational): boolean {
  return a.num * b.den === b.num * a.den;
}

export function framesPerSecond({ num, den }: Rational): number {
  return num / den;
}

/** The seconds that `frames` take at a rate. */
export function secondsOf(frames: number, { num, den }: Rational): number {
  return (frames * den) / num;
}

/** The whole frames that come nearest to `seconds`; one at least. */
export function framesOf(seconds: number, { num, den }: Rational): number {
  return Math.max(1, Math.round((seconds * num) / den));
}

/** Seconds as FFmpeg's options take them, to the microsecond. */
export function writeSeconds(seconds: number): string {
  return seconds.toFixed(6);
}

const BROADCAST_RATES: Record<string, Rational> = {
  '23.976': { num: 24_000, den: 1_001 },
  '29.97': { num: 30_000, den: 1_001 },
  '59.94': { num: 60_000, den: 1_001 },
};

/** The rate meant by a decimal number: 23.976, 29.97 and 59.94 stand for their exact fractions. */
export function rateOf(fps: number): Rational {
  const known = BROADCAST_RATES[String(fps)];
  if (known) return known;
  return Number.isInteger(fps) ? { num: fps, den: 1 } : { num: Math.round(fps * 1_000), den: 1_000 };
}
