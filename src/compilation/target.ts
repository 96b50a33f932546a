import type { AudioSignature, VideoSignature } from '../media/probe.js';
import { isConstantRate, pictureSeconds, type Clip } from './clip.js';
import type { CompileOptions } from './compile-options.js';
import { framesPerSecond, parseRational, sameRational, writeRational, type Rational } from './frame-rate.js';

/** What every frame of the film is like. */
export interface TargetPicture {
  width: number;
  height: number;
  frameRate: Rational;
  /** Ticks a second of the video track. */
  timescale: number;
  /** As ffprobe names them. */
  profile: string;
  level: number | null;
  colorRange: string | null;
  colorSpace: string | null;
  colorTransfer: string | null;
  colorPrimaries: string | null;
}

/** What the film's sound is like; it is AAC wherever the container takes that. */
export interface TargetSound {
  sampleRateHz: number;
  channels: number;
}

const PROFILES = ['Constrained Baseline', 'Baseline', 'Main', 'High'];
const DEFAULT_RATE: Rational = { num: 24, den: 1 };
const DEFAULT_SIZE = { width: 1280, height: 720 };
const LONGEST_SIDE = 1920;
const DEFAULT_SOUND: TargetSound = { sampleRateHz: 48_000, channels: 2 };

/** The picture that most seconds of the clips have already and that others can be made equal to, within what is asked. */
export function targetPicture(clips: Clip[], { size, fps }: CompileOptions): TargetPicture {
  const candidates = clips.filter((clip) => {
    const video = clip.signature?.video;
    if (!video || !canBeTarget(clip)) return false;
    if (size && (video.width !== size.width || video.height !== size.height)) return false;
    return !fps || sameRational(parseRational(video.frameRate)!, fps);
  });
  const video = majority(candidates, ({ signature }) => pictureKey(signature!.video!), pictureSeconds)
    ?.signature?.video;
  return video ? pictureOf(video) : ownPicture(clips, size, fps);
}

/** The sound that most seconds of the clips have; undefined when none has any. */
export function targetSound(clips: Clip[]): TargetSound | undefined {
  const sounding = clips.filter(({ signature }) => signature?.audio?.channels);
  if (sounding.length === 0) return undefined;
  const copyable = sounding.filter(({ signature }) => isPlainSound(signature!.audio!));
  const audio = majority(copyable, ({ signature }) => soundKey(signature!.audio!), pictureSeconds)?.signature
    ?.audio;
  return audio ? { sampleRateHz: audio.sampleRateHz, channels: audio.channels } : DEFAULT_SOUND;
}

/** AAC that any player takes. */
export function isPlainSound({ codec, profile, sampleRateHz, channels }: AudioSignature): boolean {
  return (
    codec === 'aac' &&
    (profile === null || profile === 'LC') &&
    [44_100, 48_000].includes(sampleRateHz) &&
    channels <= 2
  );
}

/** Whether the clip's picture frames last equally long each. */
export function hasConstantRate({ signature }: Clip): boolean {
  const video = signature?.video;
  const rate = video && parseRational(video.frameRate);
  if (!video?.frames || !rate) return false;
  const average = parseRational(video.averageFrameRate);
  const even = average !== undefined && Math.abs(framesPerSecond(average) / framesPerSecond(rate) - 1) < 0.01;
  return (even || video.frames === 1) && isConstantRate(video.frames, video.durationSeconds, rate);
}

/** Whether the picture can be copied into the film, and others be encoded to be like it. */
export function canBeTarget(clip: Clip): boolean {
  const { signature } = clip;
  const video = signature?.video;
  if (!video || signature.videoStreams !== 1 || !signature.container.includes('mp4')) return false;
  return (
    video.codec === 'h264' &&
    PROFILES.includes(video.profile ?? '') &&
    video.pixelFormat === 'yuv420p' &&
    isSquare(video) &&
    isProgressive(video) &&
    video.rotation === 0 &&
    video.width % 2 === 0 &&
    video.height % 2 === 0 &&
    timescaleOf(video) !== undefined &&
    Math.abs(video.startSeconds ?? 0) < 1e-3 &&
    hasConstantRate(clip)
  );
}

export function isSquare({ sampleAspectRatio }: VideoSignature): boolean {
  return ['1:1', '0:1'].includes(sampleAspectRatio);
}

export function isProgressive({ fieldOrder }: VideoSignature): boolean {
  return fieldOrder === null || fieldOrder === 'progressive';
}

/** Ticks a second, when a tick is one part of a second. */
export function timescaleOf({ timeBase }: VideoSignature): number | undefined {
  const base = parseRational(timeBase);
  return base?.num === 1 ? base.den : undefined;
}

function pictureOf(video: VideoSignature): TargetPicture {
  const { width, height, profile, level, colorRange, colorSpace, colorTransfer, colorPrimaries } = video;
  return {
    ...{ width, height, frameRate: parseRational(video.frameRate)!, timescale: timescaleOf(video)! },
    ...{ profile: profile!, level, colorRange, colorSpace, colorTransfer, colorPrimaries },
  };
}

/** A picture of our own where no clip's can be kept: as large as the most clips, at the rate of the most. */
function ownPicture(clips: Clip[], size: CompileOptions['size'], fps: Rational | null): TargetPicture {
  const moving = clips.filter(({ signature }) => parseRational(signature?.video?.frameRate ?? ''));
  const common = majority(moving, ({ signature }) => signature!.video!.frameRate, pictureSeconds);
  const frameRate = fps ?? boundedRate(parseRational(common?.signature?.video?.frameRate ?? ''));
  const largest = majority(clips, ({ width, height }) => `${width}x${height}`, pictureSeconds);
  return {
    ...(size ?? fittingSize(largest)),
    ...{ frameRate, timescale: frameRate.num >= 1_000 ? frameRate.num : frameRate.num * 512 },
    ...{ profile: 'High', level: null },
    ...{ colorRange: null, colorSpace: null, colorTransfer: null, colorPrimaries: null },
  };
}

/** A stream's nominal rate may be its time base's when its frames come irregularly. */
function boundedRate(rate: Rational | undefined): Rational {
  return rate && framesPerSecond(rate) <= 60 && framesPerSecond(rate) >= 1 ? rate : DEFAULT_RATE;
}

function fittingSize(clip: Clip | undefined): { width: number; height: number } {
  if (!clip?.width || !clip.height) return DEFAULT_SIZE;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(clip.width, clip.height));
  const even = (side: number) => Math.max(16, Math.round((side * scale) / 2) * 2);
  return { width: even(clip.width), height: even(clip.height) };
}

function pictureKey(video: VideoSignature): string {
  const { profile, level, colorRange, colorSpace, colorTransfer, colorPrimaries } = video;
  const rate = writeRational(parseRational(video.frameRate)!);
  return JSON.stringify([
    ...[video.width, video.height, rate, video.timeBase, profile, level],
    ...[colorRange, colorSpace, colorTransfer, colorPrimaries],
  ]);
}

function soundKey({ sampleRateHz, channels }: AudioSignature): string {
  return `${sampleRateHz} ${channels}`;
}

/** An item of the group with the greatest weight, the first of such groups when several weigh the same. */
function majority<T>(items: T[], keyOf: (item: T) => string, weightOf: (item: T) => number): T | undefined {
  const groups = new Map<string, { first: T; weight: number }>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? { first: item, weight: 0 };
    group.weight += weightOf(item);
    groups.set(keyOf(item), group);
  }
  const [heaviest] = [...groups.values()].sort((a, b) => b.weight - a.weight);
  return heaviest?.first;
}
