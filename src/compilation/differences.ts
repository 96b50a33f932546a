import type { AudioSignature, VideoSignature } from '../media/probe.js';
import { isStill, STILL_SECONDS, type Clip } from './clip.js';
import { framesPerSecond, parseRational, sameRational } from './frame-rate.js';
import {
  canBeTarget,
  hasConstantRate,
  isPlainSound,
  isProgressive,
  isSquare,
  timescaleOf,
  type TargetPicture,
  type TargetSound,
} from './target.js';

/** Sound may end this much before or after its picture: an AAC frame and what the encoder puts before the first. */
const SOUND_SLACK_SECONDS = 0.05;

/** Why the clip's frames must be encoded again to stand in the film; empty when they can be copied as they are. */
export function pictureDifferences(clip: Clip, target: TargetPicture): string[] {
  if (isStill(clip)) return [`a still picture, shown for ${STILL_SECONDS} s`];
  const video = clip.signature?.video;
  if (!video) return ['what is in it was not recorded'];
  const differences = [...formFaults(clip, video), ...valueDifferences(video, target)];
  if (differences.length > 0 || canBeTarget(clip)) return differences;
  return ['its frames cannot be copied one by one'];
}

/** Whether only the length of a tick differs, which needs no encoding to mend. */
export function needsTimescale({ signature }: Clip, target: TargetPicture): boolean {
  return signature?.video ? timescaleOf(signature.video) !== target.timescale : false;
}

/** Why the clip's sound must be made anew to stand in the film; empty when it can be copied as it is. */
export function soundDifferences({ signature }: Clip, target: TargetSound): string[] {
  const audio = signature?.audio;
  if (!audio?.channels) return ['no sound: silence is added'];
  const differences: string[] = [];
  if (signature?.audioStreams !== 1) differences.push('several sound tracks');
  if (!isPlainSound(audio)) differences.push(`${audio.codec} sound instead of AAC`);
  if (audio.sampleRateHz !== target.sampleRateHz)
    differences.push(`sound of ${audio.sampleRateHz} instead of ${target.sampleRateHz} Hz`);
  if (audio.channels !== target.channels)
    differences.push(`sound of ${audio.channels} instead of ${target.channels} channels`);
  if (!keepsStep(audio, signature?.video ?? null))
    differences.push('its sound does not last as long as its picture');
  return differences;
}

function formFaults(clip: Clip, video: VideoSignature): string[] {
  const faults: string[] = [];
  if (clip.signature?.videoStreams !== 1) faults.push('several pictures');
  if (video.codec !== 'h264') faults.push(`${video.codec} instead of h264`);
  else if (!clip.signature?.container.includes('mp4')) faults.push('its container is not MP4');
  if (video.pixelFormat !== 'yuv420p') faults.push(`pixels as ${video.pixelFormat} instead of yuv420p`);
  if (!isSquare(video)) faults.push(`pixels of ${video.sampleAspectRatio} instead of square ones`);
  if (video.rotation !== 0) faults.push(`turned by ${video.rotation}°`);
  if (!isProgressive(video)) faults.push('interlaced');
  if (video.frames !== null && !hasConstantRate(clip)) faults.push('a variable frame rate');
  return faults;
}

function valueDifferences(video: VideoSignature, target: TargetPicture): string[] {
  const differences: string[] = [];
  if (video.width !== target.width || video.height !== target.height)
    differences.push(`${video.width}×${video.height} instead of ${target.width}×${target.height}`);
  const rate = parseRational(video.frameRate);
  if (!rate || !sameRational(rate, target.frameRate))
    differences.push(
      `${rate ? shortRate(framesPerSecond(rate)) : 'no'} instead of ${shortRate(framesPerSecond(target.frameRate))} frames a second`,
    );
  const profiled = video.profile === target.profile && (target.level ?? video.level) === video.level;
  if (video.codec === 'h264' && !profiled)
    differences.push(`profile ${levelled(video)} instead of ${levelled(target)}`);
  const colours = ['colorRange', 'colorSpace', 'colorTransfer', 'colorPrimaries'] as const;
  if (colours.some((name) => video[name] !== target[name])) differences.push('other colours');
  return differences;
}

function levelled({ profile, level }: { profile: string | null; level: number | null }): string {
  return level === null ? String(profile) : `${profile}@${level / 10}`;
}

function shortRate(fps: number): string {
  return String(Math.round(fps * 1_000) / 1_000);
}

function keepsStep(audio: AudioSignature, video: VideoSignature | null): boolean {
  const picture = video?.durationSeconds;
  if (!picture || audio.durationSeconds === null) return false;
  return (
    Math.abs(audio.startSeconds ?? 0) <= SOUND_SLACK_SECONDS &&
    Math.abs(audio.durationSeconds - picture) <= SOUND_SLACK_SECONDS
  );
}
