import type { Rational } from './frame-rate.js';

export const OUTPUT_FORMATS = ['mp4', 'webm', 'mov', 'avi', 'mkv', 'gif', 'hls'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export const QUALITIES = ['low', 'medium', 'high'] as const;
export type Quality = (typeof QUALITIES)[number];

/** The transitions that FFmpeg's `xfade` knows, but for those that need a newer FFmpeg than version 4.4. */
export const TRANSITION_TYPES = [
  ...['fade', 'dissolve', 'wipeleft', 'wiperight', 'wipeup', 'wipedown', 'slideleft', 'slideright'],
  ...['slideup', 'slidedown', 'circlecrop', 'rectcrop', 'distance', 'fadeblack', 'fadewhite', 'radial'],
  ...['smoothleft', 'smoothright', 'smoothup', 'smoothdown', 'circleopen', 'circleclose', 'vertopen'],
  ...['vertclose', 'horzopen', 'horzclose', 'pixelize', 'diagtl', 'diagtr', 'diagbl', 'diagbr'],
  ...['hlslice', 'hrslice', 'vuslice', 'vdslice', 'hblur', 'fadegrays', 'wipetl', 'wipetr', 'wipebl'],
  ...['wipebr', 'squeezeh', 'squeezev'],
] as const;

export const CAPTIONS = ['none', 'sidecar', 'burn'] as const;
export type Captions = (typeof CAPTIONS)[number];

/** Sound laid under the whole film: a stored audio job's, or fetched from a URL. */
export interface AudioBed {
  source: { url: string } | { jobId: string };
  /** 1 leaves it as loud as it is. */
  volume: number;
  /** Lowers it while the film itself is heard. */
  ducking: boolean;
  fadeInSeconds: number;
  fadeOutSeconds: number;
}

/** What a film shall be like: a checked request with its defaults. */
export interface CompileOptions {
  outputFormat: OutputFormat;
  quality: Quality;
  /** Null for cuts. */
  transition: { type: string; durationSeconds: number } | null;
  audio: AudioBed | null;
  /** Integrated loudness (EBU R128) to bring the sound to; null leaves it. */
  targetLufs: number | null;
  captions: Captions;
  /** Null leaves both to the clips. */
  size: { width: number; height: number } | null;
  fps: Rational | null;
}
