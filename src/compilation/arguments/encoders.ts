import type { OutputFormat, Quality } from '../compile-options.js';
import { framesPerSecond } from '../frame-rate.js';
import type { TargetPicture, TargetSound } from '../target.js';

const GOP_SECONDS = 2;

type Scale = Record<Quality, string>;
const H264_CRF: Scale = { low: '28', medium: '23', high: '18' };
const VP9_CRF: Scale = { low: '40', medium: '34', high: '28' };
const MPEG4_SCALE: Scale = { low: '8', medium: '5', high: '3' };
const AAC_BITRATE: Scale = { low: '96k', medium: '128k', high: '192k' };
const OPUS_BITRATE: Scale = { low: '64k', medium: '96k', high: '128k' };
const AC3_BITRATE: Scale = { low: '128k', medium: '192k', high: '256k' };

const PROFILES: Record<string, string> = {
  'Constrained Baseline': 'baseline',
  Baseline: 'baseline',
  Main: 'main',
  High: 'high',
};

const COLOURS = [
  ['-color_range', 'colorRange'],
  ['-colorspace', 'colorSpace'],
  ['-color_trc', 'colorTransfer'],
  ['-color_primaries', 'colorPrimaries'],
] as const;

/**
 * H.264 like the target's. Its parameter sets get a number of their own: in one track with copied pictures a decoder
 * then keeps both sorts apart.
 */
export function h264Options(picture: TargetPicture, quality: Quality, reorderedFrames = 2): string[] {
  const profile = PROFILES[picture.profile] ?? 'high';
  const gop = String(Math.max(1, Math.round(GOP_SECONDS * framesPerSecond(picture.frameRate))));
  const known = COLOURS.flatMap(([option, name]) => (picture[name] === null ? [] : [option, picture[name]]));
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', H264_CRF[quality], '-pix_fmt', 'yuv420p'],
    ...['-profile:v', profile],
    ...(picture.level === null ? [] : ['-level:v', String(picture.level / 10)]),
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop'],
    ...reordering(profile === 'baseline' ? 0 : reorderedFrames),
    ...['-x264-params', 'sps-id=1'],
    ...known,
  ];
}

/** How far frames stand from where they are shown: a piece must reorder as the pieces around it do. */
function reordering(frames: number): string[] {
  if (frames === 0) return ['-bf', '0'];
  return frames === 1 ? ['-bf', '2', '-b-pyramid', 'none'] : ['-bf', '3', '-b-pyramid', 'normal'];
}

/** AAC like the target's. */
export function aacOptions({ sampleRateHz, channels }: TargetSound, quality: Quality): string[] {
  return ['-c:a', 'aac', '-b:a', AAC_BITRATE[quality], '-ar', String(sampleRateHz), '-ac', String(channels)];
}

/** The picture's encoder for a film that is encoded whole. */
export function pictureEncoder(format: OutputFormat, picture: TargetPicture, quality: Quality): string[] {
  const gop = String(Math.max(1, Math.round(GOP_SECONDS * framesPerSecond(picture.frameRate))));
  switch (format) {
    case 'webm':
      return [
        ...['-c:v', 'libvpx-vp9', '-crf', VP9_CRF[quality], '-b:v', '0', '-deadline', 'good'],
        ...['-cpu-used', '5', '-row-mt', '1', '-pix_fmt', 'yuv420p', '-g', gop],
      ];
    case 'avi':
      return [
        ...['-c:v', 'mpeg4', '-vtag', 'xvid', '-q:v', MPEG4_SCALE[quality], '-pix_fmt', 'yuv420p', '-g', gop],
      ];
    case 'gif':
      return ['-c:v', 'gif'];
    case 'mp4':
    case 'mov':
    case 'mkv':
    case 'hls':
      return h264Options(picture, quality);
  }
}

/** The sound's encoder of a format. Opus knows 48 kHz alone; MP3 would begin so early that AVI holds a frame twice. */
export function soundEncoder(format: OutputFormat, sound: TargetSound, quality: Quality): string[] {
  const channels = ['-ac', String(sound.channels)];
  if (format === 'webm')
    return ['-c:a', 'libopus', '-b:a', OPUS_BITRATE[quality], '-ar', '48000', ...channels];
  if (format !== 'avi') return aacOptions(sound, quality);
  return ['-c:a', 'ac3', '-b:a', AC3_BITRATE[quality], '-ar', String(sound.sampleRateHz), ...channels];
}

export const HLS_SEGMENT_SECONDS = 6;

/** The container's options. `segments` is the pattern of HLS segments' paths. */
export function containerOptions(
  format: OutputFormat,
  { timescale }: TargetPicture,
  segments: string,
): string[] {
  const track = ['-movflags', '+faststart', '-video_track_timescale', String(timescale)];
  switch (format) {
    case 'mp4':
    case 'mov':
      return [...track, '-f', format];
    case 'mkv':
      return ['-f', 'matroska'];
    case 'webm':
    case 'avi':
      return ['-f', format];
    case 'gif':
      return ['-loop', '0', '-f', 'gif'];
    case 'hls':
      return [
        ...['-hls_time', String(HLS_SEGMENT_SECONDS), '-hls_list_size', '0', '-hls_playlist_type', 'vod'],
        ...['-hls_flags', 'independent_segments', '-hls_segment_filename', segments, '-f', 'hls'],
      ];
  }
}
