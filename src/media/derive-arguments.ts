import type { FfmpegCommand, FfmpegInput } from './ffmpeg.js';

/** A picture larger than this is refused by FFmpeg and sharp alike before it is decoded. */
export const MAX_PIXELS = 50_000_000;
export const THUMBNAIL_WIDTH = 480;

const PREVIEW_SECONDS = 3;
const PREVIEW_WIDTH = 320;
const PREVIEW_FPS = 8;
const TAIL_SECONDS = 1;

/** A stored file as FFmpeg is to read it: the demuxer its content told, never one that FFmpeg guesses. */
export interface MediaFile {
  path: string;
  demuxer: string;
}

/** `seekSeconds` into the file, read with the forced demuxer. */
export function inputOf({ path, demuxer }: MediaFile, seekSeconds = 0): FfmpegInput {
  const seek = seekSeconds > 0 ? ['-ss', seekSeconds.toFixed(3)] : [];
  return { path, options: [...seek, '-f', demuxer] };
}

/** One frame, shown with square pixels, at most 480 wide. */
export function thumbnailCommand(file: MediaFile, atSeconds: number, output: string): FfmpegCommand {
  const filters = `scale=iw*sar:ih,scale='min(${THUMBNAIL_WIDTH},iw)':-2,setsar=1`;
  return {
    inputs: [pictureInputOf(file, atSeconds)],
    outputOptions: [
      '-map',
      '0:v:0',
      '-vf',
      filters,
      '-frames:v',
      '1',
      '-pix_fmt',
      'yuvj420p',
      '-q:v',
      '3',
      '-f',
      'mjpeg',
    ],
    output,
  };
}

/**
 * The first 3 s at 8 frames a second and 320 wide, in a palette of its own, repeating for ever. Finer shades than RGB565
 * would be lost among its 256 colours: leaving them out first takes a fifth off the time, and more off the file.
 */
export function previewCommand(file: MediaFile, output: string): FfmpegCommand {
  const size = `scale=iw*sar:ih,scale=${PREVIEW_WIDTH}:-2:flags=lanczos,setsar=1`;
  const scaled = `[0:v:0]fps=${PREVIEW_FPS},${size},format=rgb565`;
  const graph = `${scaled},split[shown][counted];[counted]palettegen=stats_mode=diff[palette];[shown][palette]paletteuse=dither=bayer`;
  return {
    inputs: [pictureInputOf(file, 0, ['-t', String(PREVIEW_SECONDS)])],
    outputOptions: ['-filter_complex', graph, '-loop', '0', '-f', 'gif'],
    output,
  };
}

/** The whole sound as one picture of 1200 × 240. */
export function waveformCommand(file: MediaFile, output: string): FfmpegCommand {
  const graph = '[0:a:0]aformat=channel_layouts=mono,showwavespic=s=1200x240:colors=#3b82f6';
  return {
    inputs: [inputOf(file)],
    outputOptions: [
      '-filter_complex',
      graph,
      '-frames:v',
      '1',
      '-c:v',
      'png',
      '-f',
      'image2',
      '-update',
      '1',
    ],
    output,
  };
}

/** Decodes the last second to nothing, unpolished: a file that was cut short has no frame there. */
export function tailCommand(file: MediaFile, durationSeconds: number): FfmpegCommand {
  const begin = Math.max(0, durationSeconds - TAIL_SECONDS);
  return {
    inputs: [pictureInputOf(file, begin, ['-skip_loop_filter', 'all'])],
    outputOptions: ['-map', '0:v:0', '-f', 'null'],
    output: '-',
  };
}

/** The same where there is a picture: FFmpeg wants no limit of pixels for sound alone. */
export function pictureInputOf(file: MediaFile, seekSeconds = 0, more: string[] = []): FfmpegInput {
  const { path, options } = inputOf(file, seekSeconds);
  return { path, options: ['-max_pixels', String(MAX_PIXELS), ...more, ...options] };
}
