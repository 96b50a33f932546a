export interface FrameSize {
  width: number;
  height: number;
}

const megapixel = 1024 * 1024;
const largestSide = 4096;

/**
 * Pixels that an input asks for, by the first that it has: `size` (`1280*720`), `width` and `height`, `resolution`
 * with `aspect_ratio`, `aspect_ratio` with `megapixels`; else `fallback`. `table` holds a model's own sizes by ratio.
 */
export function frameSize(
  input: Record<string, unknown>,
  fallback: FrameSize,
  table: Record<string, number[]> = {},
): FrameSize {
  return evenSides(
    bySize(input.size) ??
      bySides(input.width, input.height) ??
      byResolution(input.resolution, input.aspect_ratio) ??
      byRatio(input.aspect_ratio, Number(plain(input.megapixels)), table) ??
      fallback,
  );
}

function bySize(size: unknown): FrameSize | undefined {
  const sides = /^(\d+)[*x](\d+)$/.exec(plain(size));
  return sides ? bySides(Number(sides[1]), Number(sides[2])) : undefined;
}

function bySides(width: unknown, height: unknown): FrameSize | undefined {
  if (typeof width !== 'number' || typeof height !== 'number' || !(width > 0 && height > 0)) return undefined;
  return { width, height };
}

function byResolution(resolution: unknown, aspectRatio: unknown): FrameSize | undefined {
  const lines = /^(\d+)p$/.exec(plain(resolution))?.[1];
  if (!lines) return undefined;
  const short = Number(lines);
  const ratio = parseRatio(aspectRatio) ?? 16 / 9;
  return ratio >= 1 ? { width: short * ratio, height: short } : { width: short, height: short / ratio };
}

function byRatio(
  aspectRatio: unknown,
  megapixels: number,
  table: Record<string, number[]>,
): FrameSize | undefined {
  const scale = Math.sqrt(megapixels > 0 ? megapixels : 1);
  const named = plain(aspectRatio);
  const [width, height] = (Object.hasOwn(table, named) ? table[named] : undefined) ?? [];
  if (width && height) return { width: width * scale, height: height * scale };
  const ratio = parseRatio(aspectRatio);
  if (!ratio) return undefined;
  const area = megapixel * scale * scale;
  return { width: nearest(Math.sqrt(area * ratio), 16), height: nearest(Math.sqrt(area / ratio), 16) };
}

function parseRatio(aspectRatio: unknown): number | undefined {
  const sides = /^(\d+):(\d+)$/.exec(plain(aspectRatio));
  const ratio = sides ? Number(sides[1]) / Number(sides[2]) : Number.NaN;
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

/** A string or number as text; what JSON else can hold has no size, and some of it no text either. */
export function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** yuv420p has no odd sides. */
function evenSides({ width, height }: FrameSize): FrameSize {
  const even = (side: number) => Math.min(largestSide, Math.max(16, nearest(side, 2)));
  return { width: even(width), height: even(height) };
}

function nearest(value: number, step: number): number {
  return Math.round(value / step) * step;
}
