import type { StreamSignature } from '../media/probe.js';
import { framesOf, parseRational, secondsOf, type Rational } from './frame-rate.js';

/** How long a still picture is shown. */
export const STILL_SECONDS = 5;

/** One approved take as a compilation knows it: where its file lies and what was learnt of it when it was stored. */
export interface Clip {
  videoId: string;
  sectionId: string;
  jobId: string;
  position: number;
  title: string | null;
  narration: string | null;
  mediaType: 'video' | 'image';
  objectKey: string;
  contentType: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  /** The picture as it is shown. */
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Null for a still picture. */
  signature: StreamSignature | null;
}

/** How a message names a clip. */
export function clipName({ position, title, videoId }: Clip): string {
  return `clip ${position + 1}${title === null ? '' : ` "${title}"`} (videoId ${videoId})`;
}

export function isStill({ mediaType }: Clip): boolean {
  return mediaType === 'image';
}

/** How long the clip's picture lasts, in seconds. */
export function pictureSeconds({ mediaType, signature, durationSeconds }: Clip): number {
  if (mediaType === 'image') return STILL_SECONDS;
  const video = signature?.video;
  const rate = video && parseRational(video.frameRate);
  if (video?.frames && rate && isConstantRate(video.frames, video.durationSeconds, rate)) {
    return secondsOf(video.frames, rate);
  }
  return video?.durationSeconds ?? durationSeconds ?? 0;
}

/** How many frames the clip has at `rate`. */
export function framesAt(clip: Clip, rate: Rational): number {
  return framesOf(pictureSeconds(clip), rate);
}

/** Whether so many frames fill so many seconds at the rate, to half a frame. */
export function isConstantRate(frames: number, seconds: number | null, rate: Rational): boolean {
  return seconds !== null && Math.abs(seconds - secondsOf(frames, rate)) <= secondsOf(0.5, rate) + 1e-3;
}
