import type { FfmpegCommand, FfmpegInput } from '../../media/ffmpeg.js';
import { filmSeconds, type CompilePlan, type PlannedClip } from '../plan.js';
import { secondsOf, writeRational, writeSeconds } from '../frame-rate.js';
import type { TargetSound } from '../target.js';
import { aacOptions, h264Options } from './encoders.js';
import { fittingFilters } from './picture-filters.js';

/** Larger pictures are refused before they are decoded. */
const PIXEL_LIMIT = ['-max_pixels', '50000000'];

/** A clip's file in the private directory. */
export interface ClipFile {
  path: string;
  /** The demuxer that its content told; null for a still picture, a PNG of our own. */
  demuxer: string | null;
  hasSound: boolean;
}

/** The clip as an input; a still picture lasts for ever, so what follows must end it. */
export function clipInput({ path, demuxer }: ClipFile, { picture }: CompilePlan): FfmpegInput {
  if (demuxer !== null) return { path, options: [...PIXEL_LIMIT, '-f', demuxer] };
  const rate = writeRational(picture.frameRate);
  return { path, options: ['-f', 'image2', '-pattern_type', 'none', '-framerate', rate, '-loop', '1'] };
}

/** Makes a clip like the film, encoding of it only what must be; the result is an MP4 that can be joined by copying. */
export function conformCommand(
  file: ClipFile,
  clip: PlannedClip,
  plan: CompilePlan,
  output: string,
): FfmpegCommand {
  const seconds = secondsOf(clip.frames, plan.picture.frameRate);
  const encodesPicture = clip.picture === 'encode';
  const sound = clip.sound === 'encode' ? plan.sound : null;
  const silence = sound !== null && !file.hasSound;
  const picture = encodesPicture
    ? [...['-vf', fittingFilters(plan.picture, clip.frames)], ...h264Options(plan.picture, 'high')]
    : ['-c:v', 'copy'];
  return {
    inputs: [clipInput(file, plan), ...(silence ? [silenceInput(sound)] : [])],
    outputOptions: [
      ...['-map', '0:v:0', ...picture],
      ...(sound ? conformedSound(sound, silence ? 1 : 0, seconds) : []),
      ...(clip.sound === 'copy' ? ['-map', '0:a:0', '-c:a', 'copy'] : []),
      ...['-video_track_timescale', String(plan.picture.timescale), '-f', 'mp4'],
    ],
    output,
    durationSeconds: seconds,
  };
}

function silenceInput({ sampleRateHz, channels }: TargetSound): FfmpegInput {
  const layout = channels === 1 ? 'mono' : 'stereo';
  return { path: `anullsrc=r=${sampleRateHz}:cl=${layout}`, options: ['-f', 'lavfi'] };
}

function conformedSound(sound: TargetSound, input: number, seconds: number): string[] {
  const { sampleRateHz, channels } = sound;
  const layout = channels === 1 ? 'mono' : 'stereo';
  const filters = [
    `aresample=${sampleRateHz}:async=1:first_pts=0`,
    `aformat=sample_fmts=fltp:sample_rates=${sampleRateHz}:channel_layouts=${layout}`,
    'apad',
    `atrim=end=${writeSeconds(seconds)}`,
  ].join(',');
  return ['-map', `${input}:a:0`, '-af', filters, ...aacOptions(sound, 'high')];
}

/**
 * Splits a clip's pictures, without encoding, before the frames at `cuts` (ascending, each a key frame); the pieces are
 * MPEG-TS files by the `pattern` of their number.
 */
export function splitCommand(
  file: ClipFile,
  cuts: number[],
  plan: CompilePlan,
  pattern: string,
): FfmpegCommand {
  return {
    inputs: [clipInput(file, plan)],
    outputOptions: [
      ...['-map', '0:v:0', '-c', 'copy', '-f', 'segment', '-segment_frames', cuts.join(',')],
      ...['-segment_format', 'mpegts'],
    ],
    output: pattern,
  };
}

/** The whole film's length as an end for outputs whose inputs never end. */
export function endOf(plan: CompilePlan): string[] {
  return ['-t', writeSeconds(filmSeconds(plan))];
}
