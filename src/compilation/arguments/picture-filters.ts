import { writeRational } from '../frame-rate.js';
import type { TargetPicture } from '../target.js';

/** Labels of a filter graph name streams between filters. */
export interface Chain {
  filters: string[];
  label: string;
}

/** The filters that make any picture one of the film: its rate, size (bars where the shape differs), pixels and length. */
export function fittingFilters(picture: TargetPicture, frames: number): string {
  const { width, height, frameRate, colorSpace } = picture;
  const matrix = colorSpace === null ? '' : `:out_color_matrix=${colorSpace}`;
  return [
    `fps=fps=${writeRational(frameRate)}:start_time=0`,
    'scale=iw*sar:ih',
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic${matrix}`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    'setsar=1',
    'format=yuv420p',
    'tpad=stop=-1:stop_mode=clone',
    countedFilters(picture, frames),
  ].join(',');
}

/** Gives frames that come at the film's rate already their exact times, and ends after so many. */
export function countedFilters({ frameRate }: TargetPicture, frames: number): string {
  return `trim=end_frame=${frames},settb=${frameRate.den}/${frameRate.num},setpts=N`;
}

/** A stream of pictures within the graph, and how many there are. */
export interface Part {
  label: string;
  frames: number;
}

/** Joins the parts by cuts, or by transitions of `transition.frames` in which two parts overlap; ends at `label`. */
export function joinFilters(
  parts: Part[],
  transition: { type: string; frames: number } | null,
  { frameRate }: TargetPicture,
  label: string,
): string[] {
  const counted = `settb=${frameRate.den}/${frameRate.num},setpts=N`;
  if (transition === null || parts.length === 1) {
    const inputs = parts.map((part) => `[${part.label}]`).join('');
    return [`${inputs}concat=n=${parts.length}:v=1:a=0,${counted}[${label}]`];
  }
  const pieces = parts.map((part, index) => cutPart(part, index, parts.length, transition.frames));
  const mixes = pieces.slice(1).map((piece, index) => ({
    label: `x${index}`,
    filters: mixFilters(pieces[index]!.tail!, piece.head!, `x${index}`, transition, frameRate),
  }));
  const sequence = pieces.flatMap(({ body }, index) => [
    ...(body === undefined ? [] : [`[${body}]`]),
    ...(mixes[index] ? [`[${mixes[index].label}]`] : []),
  ]);
  return [
    ...pieces.flatMap(({ filters }) => filters),
    ...mixes.flatMap(({ filters }) => filters),
    `${sequence.join('')}concat=n=${sequence.length}:v=1:a=0,${counted}[${label}]`,
  ];
}

interface CutPart {
  filters: string[];
  head?: string;
  body?: string;
  tail?: string;
}

/** Splits a part into what overlaps with the part before, what stands alone, and what overlaps with the next. */
function cutPart({ label, frames }: Part, index: number, count: number, overlap: number): CutPart {
  const start = index === 0 ? 0 : overlap;
  const end = index === count - 1 ? frames : frames - overlap;
  const head = index > 0 ? { name: `h${index}`, range: `end_frame=${overlap}` } : undefined;
  const body =
    end > start ? { name: `b${index}`, range: `start_frame=${start}:end_frame=${end}` } : undefined;
  const tail = index < count - 1 ? { name: `t${index}`, range: `start_frame=${end}` } : undefined;
  const cuts = [head, body, tail].filter((cut) => cut !== undefined);
  const copies = cuts.map((_, copy) => `[c${index}${copy}]`);
  return {
    filters: [
      `[${label}]split=${cuts.length}${copies.join('')}`,
      ...cuts.map(({ name, range }, copy) => `${copies[copy]}trim=${range},setpts=N[${name}]`),
    ],
    ...(head && { head: head.name }),
    ...(body && { body: body.name }),
    ...(tail && { tail: tail.name }),
  };
}

/** `fade` is drawn by alpha, for FFmpegs older than `xfade` (4.3). */
function mixFilters(
  from: string,
  to: string,
  label: string,
  { type, frames }: { type: string; frames: number },
  { num, den }: TargetPicture['frameRate'],
): string[] {
  if (type === 'fade') {
    return [
      `[${to}]format=yuva420p,fade=t=in:start_frame=0:nb_frames=${frames}:alpha=1[${label}a]`,
      `[${from}][${label}a]overlay=format=yuv420,format=yuv420p,setpts=N[${label}]`,
    ];
  }
  const seconds = ((frames * den) / num).toFixed(6);
  return [
    `[${from}][${to}]xfade=transition=${type}:duration=${seconds}:offset=0,format=yuv420p,setpts=N[${label}]`,
  ];
}
