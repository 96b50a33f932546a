import type { FfmpegCommand, FfmpegInput } from '../../media/ffmpeg.js';
import type { AudioBed, CompileOptions } from '../compile-options.js';
import { secondsOf, writeSeconds } from '../frame-rate.js';
import { filmSeconds, type CompilePlan } from '../plan.js';
import { clipInput, endOf, type ClipFile } from './clips.js';
import { containerOptions, h264Options, pictureEncoder, soundEncoder } from './encoders.js';
import { countedFilters, fittingFilters, joinFilters } from './picture-filters.js';
import { measureFilter, normalizeFilter, soundFilters, type MeasuredLoudness } from './sound-filters.js';

/** What the final command reads and writes besides the clips. */
export interface FilmFiles {
  clips: ClipFile[];
  bed: { path: string; demuxer: string } | null;
  /** The script of captions to draw, and the folder of its font, both by names within the working directory. */
  burn: { script: string; fonts: string } | null;
  output: string;
  /** Pattern of the paths of HLS segments. */
  segments: string;
  /** What a first pass found; null when the loudness is left. */
  measured: MeasuredLoudness | null;
}

/** One file of a list to join, and how long it lasts in the film. */
export interface ListedPiece {
  name: string;
  frames: number;
  /** Whether its sound is copied too, which may last longer than its pictures and is ended with them. */
  sounds: boolean;
}

/** The text of a list for FFmpeg's concat demuxer. Names are plain and lie beside the list. */
export function concatList(pieces: ListedPiece[], { picture }: CompilePlan): string {
  const lines = pieces.flatMap(({ name, frames, sounds }) => {
    const seconds = writeSeconds(secondsOf(frames, picture.frameRate));
    return [`file ${name}`, `duration ${seconds}`, ...(sounds ? [`outpoint ${seconds}`] : [])];
  });
  return `ffconcat version 1.0\n${lines.join('\n')}\n`;
}

/** Joins the listed pieces by copying them; the sound too, unless it is made as a whole beside them. */
export function joinCommand(
  list: string,
  plan: CompilePlan,
  options: CompileOptions,
  files: FilmFiles,
): FfmpegCommand {
  const input: FfmpegInput = {
    path: list,
    options: ['-format_whitelist', 'concat,mov,mpegts', '-f', 'concat', '-safe', '1'],
  };
  const mix = plan.mixesSound ? soundOf(plan, options, files, 1) : null;
  return {
    inputs: [input, ...(mix?.inputs ?? [])],
    outputOptions: [
      ...(mix ? ['-filter_complex', mix.filters.join(';')] : []),
      ...['-map', '0:v:0', '-c:v', 'copy'],
      ...(mix ? [...mix.output, ...endOf(plan)] : []),
      ...(!mix && plan.sound ? ['-map', '0:a:0', '-c:a', 'copy'] : []),
      ...containerOptions(options.outputFormat, plan.picture, files.segments),
    ],
    output: files.output,
    durationSeconds: filmSeconds(plan),
  };
}

/** Encodes the whole film from the clips. `palette` is the picture of a GIF's colours. */
export function renderCommand(
  plan: CompilePlan,
  options: CompileOptions,
  files: FilmFiles,
  palette?: string,
): FfmpegCommand {
  const { outputFormat, quality } = options;
  const filters = filmFilters(plan, files, 'drawn');
  const sound = plan.sound ? soundOf(plan, options, files, null) : null;
  const extra = [
    ...(palette === undefined ? [] : [{ path: palette, options: ['-f', 'image2', '-pattern_type', 'none'] }]),
    ...(sound?.inputs ?? []),
  ];
  const shown =
    palette === undefined
      ? '[drawn]null[picture]'
      : `[drawn][${plan.clips.length}:v]paletteuse=dither=bayer[picture]`;
  return {
    inputs: [...files.clips.map((clip) => clipInput(clip, plan)), ...extra],
    outputOptions: [
      ...['-filter_complex', [...filters, shown, ...(sound?.filters ?? [])].join(';')],
      ...['-map', '[picture]', ...pictureEncoder(outputFormat, plan.picture, quality)],
      ...(sound?.output ?? []),
      ...endOf(plan),
      ...containerOptions(outputFormat, plan.picture, files.segments),
    ],
    output: files.output,
    durationSeconds: filmSeconds(plan),
  };
}

/** Finds the colours that a GIF of the film needs. */
export function paletteCommand(plan: CompilePlan, files: FilmFiles, output: string): FfmpegCommand {
  const filters = [...filmFilters(plan, files, 'drawn'), '[drawn]palettegen=stats_mode=diff[palette]'];
  return {
    inputs: files.clips.map((clip) => clipInput(clip, plan)),
    outputOptions: [
      ...['-filter_complex', filters.join(';'), '-map', '[palette]'],
      ...['-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1'],
    ],
    output,
  };
}

/** Plays the film's sound to find its loudness; what it finds is in the log. */
export function loudnessCommand(
  plan: CompilePlan,
  options: CompileOptions,
  files: FilmFiles,
  targetLufs: number,
): FfmpegCommand {
  const { inputs, filters } = mixOf(plan, options.audio, files, 0, 'mixed');
  return {
    inputs,
    outputOptions: [
      ...['-filter_complex', [...filters, `[mixed]${measureFilter(targetLufs)}[measured]`].join(';')],
      ...['-map', '[measured]', ...endOf(plan), '-f', 'null'],
    ],
    output: '-',
    durationSeconds: filmSeconds(plan),
    logLevel: 'info',
  };
}

/** Pieces of clips that hold a transition each, encoded to stand between copied ones. */
export function transitionCommand(
  parts: { file: ClipFile; frames: number }[],
  plan: CompilePlan,
  reorderedFrames: number,
  output: string,
): FfmpegCommand {
  const overlap = plan.transition!.frames;
  const frames = parts.reduce((sum, part) => sum + part.frames, 0) - (parts.length - 1) * overlap;
  const filters = [
    ...parts.map((part, index) => `[${index}:v:0]${countedFilters(plan.picture, part.frames)}[v${index}]`),
    ...joinFilters(
      parts.map((part, index) => ({ label: `v${index}`, frames: part.frames })),
      plan.transition,
      plan.picture,
      'picture',
    ),
  ];
  return {
    inputs: parts.map(({ file }) => clipInput(file, plan)),
    outputOptions: [
      ...['-filter_complex', filters.join(';'), '-map', '[picture]', '-frames:v', String(frames)],
      ...h264Options(plan.picture, 'high', reorderedFrames),
      ...['-f', 'mpegts'],
    ],
    output,
    durationSeconds: secondsOf(frames, plan.picture.frameRate),
  };
}

function filmFilters(plan: CompilePlan, { burn }: FilmFiles, label: string): string[] {
  const { clips, picture, transition } = plan;
  return [
    ...clips.map(({ frames }, index) => `[${index}:v:0]${fittingFilters(picture, frames)}[v${index}]`),
    ...joinFilters(
      clips.map(({ frames }, index) => ({ label: `v${index}`, frames })),
      transition,
      picture,
      burn ? 'bare' : label,
    ),
    ...(burn ? [`[bare]ass=${burn.script}:fontsdir=${burn.fonts}[${label}]`] : []),
  ];
}

interface SoundPart {
  inputs: FfmpegInput[];
  filters: string[];
  output: string[];
}

/**
 * The film's sound made within a command. `first` is where its clips' inputs begin; null when the command has the clips
 * as its first inputs already.
 */
function soundOf(
  plan: CompilePlan,
  options: CompileOptions,
  files: FilmFiles,
  first: number | null,
): SoundPart {
  const { targetLufs, outputFormat, quality, audio } = options;
  const { measured } = files;
  const mix = mixOf(plan, audio, files, first, measured ? 'mixed' : 'sound');
  const levelled =
    measured && targetLufs !== null
      ? [`[mixed]${normalizeFilter(targetLufs, plan.sound!.sampleRateHz, measured)}[sound]`]
      : [];
  return {
    inputs: mix.inputs,
    filters: [...mix.filters, ...levelled],
    output: ['-map', '[sound]', ...soundEncoder(outputFormat, plan.sound!, quality)],
  };
}

function mixOf(
  plan: CompilePlan,
  bed: AudioBed | null,
  files: FilmFiles,
  first: number | null,
  label: string,
) {
  const sounding = files.clips.flatMap((clip, index) => (clip.hasSound ? [index] : []));
  const inputOf = (clip: number) => (first === null ? clip : first + sounding.indexOf(clip));
  const numbers = files.clips.map((clip, index) => (clip.hasSound ? inputOf(index) : undefined));
  const own = first === null ? [] : sounding.map((clip) => clipInput(files.clips[clip]!, plan));
  const bedNumber = first === null ? files.clips.length : first + own.length;
  const bedInput = bed && files.bed ? { input: bedNumber, bed } : null;
  return {
    inputs: [
      ...own,
      ...(bedInput
        ? [{ path: files.bed!.path, options: ['-stream_loop', '-1', '-f', files.bed!.demuxer] }]
        : []),
    ],
    filters: soundFilters(plan, numbers, bedInput, label),
  };
}
