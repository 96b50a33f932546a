import type { AudioBed } from '../compile-options.js';
import { clipStarts, type CompilePlan } from '../plan.js';

/** What a first pass of `loudnorm` found, as it prints it. */
export interface MeasuredLoudness {
  integrated: string;
  truePeak: string;
  range: string;
  threshold: string;
  offset: string;
}

/** The sound bed as an input of the command. */
export interface BedInput {
  input: number;
  bed: AudioBed;
}

/**
 * The filters of the whole film's sound: each clip's (or silence) at its exact place, cross-faded where pictures are,
 * over the bed if there is one. `inputs` holds each clip's input number, undefined for a clip without sound. Ends at `label`.
 */
export function soundFilters(
  plan: CompilePlan,
  inputs: (number | undefined)[],
  bed: BedInput | null,
  label: string,
): string[] {
  const form = formOf(plan);
  const spans = sampleSpans(plan);
  const clips = spans.map(({ start, end }, index) => {
    const input = inputs[index];
    const length = `atrim=end_sample=${end - start},asetpts=N/SR/TB`;
    return input === undefined
      ? `anullsrc=r=${form.rate}:cl=${form.layout},${form.filter},${length}[s${index}]`
      : `[${input}:a:0]aresample=${form.rate}:async=1:first_pts=0,${form.filter},apad,${length}[s${index}]`;
  });
  const film = bed ? 'film' : label;
  return [...clips, ...joinSound(spans, film), ...(bed ? bedFilters(plan, bed, label) : [])];
}

/** The first pass of the loudness: prints what it finds when the film has ended. */
export function measureFilter(targetLufs: number): string {
  return `loudnorm=I=${targetLufs}:TP=-1.5:LRA=11:print_format=json`;
}

/** The second pass, which moves the whole film by one amount where its peaks let it. */
export function normalizeFilter(
  targetLufs: number,
  sampleRateHz: number,
  measured: MeasuredLoudness,
): string {
  const { integrated, truePeak, range, threshold, offset } = measured;
  return (
    `loudnorm=I=${targetLufs}:TP=-1.5:LRA=11:measured_I=${integrated}:measured_TP=${truePeak}:` +
    `measured_LRA=${range}:measured_thresh=${threshold}:offset=${offset}:linear=true,aresample=${sampleRateHz}`
  );
}

interface Span {
  start: number;
  end: number;
}

/** Where each clip begins and ends in the film, in samples; rounded from the film's start, so that nothing adds up. */
function sampleSpans(plan: CompilePlan): Span[] {
  const { frameRate } = plan.picture;
  const samples = (frames: number) =>
    Math.round((frames * frameRate.den * plan.sound!.sampleRateHz) / frameRate.num);
  const starts = clipStarts(plan);
  return plan.clips.map(({ frames }, index) => ({
    start: samples(starts[index]!),
    end: samples(starts[index]! + frames),
  }));
}

function joinSound(spans: Span[], label: string): string[] {
  const overlaps = spans.slice(1).map((span, index) => spans[index]!.end - span.start);
  if (spans.length === 1) return [`[s0]anull[${label}]`];
  if (overlaps.every((overlap) => overlap === 0)) {
    const inputs = spans.map((_, index) => `[s${index}]`).join('');
    return [`${inputs}concat=n=${spans.length}:v=0:a=1[${label}]`];
  }
  return overlaps.map((overlap, index) => {
    const before = index === 0 ? 's0' : `f${index - 1}`;
    const after = index === overlaps.length - 1 ? label : `f${index}`;
    return `[${before}][s${index + 1}]acrossfade=ns=${overlap}:c1=tri:c2=tri[${after}]`;
  });
}

/** `amix` halves what it mixes, which is undone; the limiter keeps the sum from clipping. */
function bedFilters(plan: CompilePlan, { input, bed }: BedInput, label: string): string[] {
  const { rate, filter } = formOf(plan);
  const samples = sampleSpans(plan).at(-1)!.end;
  const fadeOutAt = Math.max(0, samples / rate - bed.fadeOutSeconds);
  const shaped = [
    `[${input}:a:0]aresample=${rate}`,
    filter,
    `atrim=end_sample=${samples}`,
    `volume=${bed.volume}`,
    ...(bed.fadeInSeconds > 0 ? [`afade=t=in:st=0:d=${bed.fadeInSeconds}`] : []),
    ...(bed.fadeOutSeconds > 0 ? [`afade=t=out:st=${fadeOutAt.toFixed(3)}:d=${bed.fadeOutSeconds}`] : []),
  ].join(',');
  const mixed = `amix=inputs=2:duration=first:dropout_transition=0,volume=2,alimiter=limit=0.95:level=0[${label}]`;
  if (!bed.ducking) return [`${shaped}[bed]`, `[film][bed]${mixed}`];
  return [
    `${shaped}[loud]`,
    '[film]asplit=2[heard][key]',
    '[loud][key]sidechaincompress=threshold=0.02:ratio=8:attack=20:release=400[bed]',
    `[heard][bed]${mixed}`,
  ];
}

function formOf({ sound }: CompilePlan): { rate: number; layout: string; filter: string } {
  const { sampleRateHz, channels } = sound!;
  const layout = channels === 1 ? 'mono' : 'stereo';
  return {
    rate: sampleRateHz,
    layout,
    filter: `aformat=sample_fmts=fltp:sample_rates=${sampleRateHz}:channel_layouts=${layout}`,
  };
}
