import { AppError } from '../errors.js';
import { clipName, framesAt, type Clip } from './clip.js';
import type { CompileOptions, OutputFormat } from './compile-options.js';
import { needsTimescale, pictureDifferences, soundDifferences } from './differences.js';
import { framesOf, secondsOf, writeSeconds } from './frame-rate.js';
import { targetPicture, targetSound, type TargetPicture, type TargetSound } from './target.js';

export type ClipAction = 'copy' | 'conform' | 'reencode';
export type Strategy = 'copy' | 'mixed' | 'reencode';

/** What happens to one clip, and why. */
export interface PlannedClip {
  videoId: string;
  action: ClipAction;
  reason: string;
  /** Its length in the film's frames. */
  frames: number;
  picture: 'copy' | 'encode';
  /** `apart`: the film's sound is made as a whole. */
  sound: 'copy' | 'encode' | 'apart' | 'none';
}

/** How a film is made of clips. */
export interface CompilePlan {
  /**
   * `join` puts clips one behind the other without encoding those that fit; `smart` does so but for the pictures
   * around the transitions; `render` encodes all.
   */
  method: 'join' | 'smart' | 'render';
  strategy: Strategy;
  picture: TargetPicture;
  /** Null for a silent film. */
  sound: TargetSound | null;
  /** Whether the film's sound is made as a whole instead of the clips' being copied. */
  mixesSound: boolean;
  transition: { type: string; frames: number } | null;
  clips: PlannedClip[];
  /** The film's length. */
  frames: number;
}

/** The containers into which the clips' own streams can be copied. */
const COPY_FORMATS: OutputFormat[] = ['mp4', 'mov', 'mkv', 'hls'];

/** Plans a film from what is known of its clips. Throws `unprocessable` when a transition is too long for a clip. */
export function planCompilation(clips: Clip[], options: CompileOptions): CompilePlan {
  const picture = renderPicture(targetPicture(clips, options), options);
  const transition = plannedTransition(clips, options, picture);
  const sound = options.outputFormat === 'gif' ? null : plannedSound(clips, options);
  const mixesSound =
    sound !== null && (transition !== null || options.audio !== null || options.targetLufs !== null);
  const whole = reasonToRender(options);
  const planned = clips.map((clip) => planClip(clip, picture, sound, { mixesSound, whole }));
  const frames = planned.reduce((sum, clip) => sum + clip.frames, 0) - overlaps(planned, transition);
  const base = { picture, sound, mixesSound, transition, frames };
  if (whole !== null || planned.every((clip) => clip.picture === 'encode'))
    return { method: 'render', strategy: 'reencode', ...base, clips: planned.map(reencoded) };
  const copies = transition === null && planned.every((clip) => clip.action === 'copy');
  return {
    method: transition === null ? 'join' : 'smart',
    strategy: copies ? 'copy' : 'mixed',
    ...base,
    clips: planned,
  };
}

/** The same film with every clip encoded anew, for when the planned way proved wrong. */
export function rendered(plan: CompilePlan, reason: string): CompilePlan {
  const clips = plan.clips.map((clip) => reencoded({ ...clip, reason }));
  return { ...plan, method: 'render', strategy: 'reencode', clips };
}

/** The film's length in seconds. */
export function filmSeconds({ frames, picture }: CompilePlan): number {
  return secondsOf(frames, picture.frameRate);
}

/** Where each clip begins in the film, in frames. */
export function clipStarts({ clips, transition }: CompilePlan): number[] {
  let start = 0;
  return clips.map(({ frames }) => {
    const own = start;
    start += frames - (transition?.frames ?? 0);
    return own;
  });
}

interface Circumstances {
  mixesSound: boolean;
  /** Why nothing is copied; null when clips may be. */
  whole: string | null;
}

function planClip(
  clip: Clip,
  picture: TargetPicture,
  sound: TargetSound | null,
  { mixesSound, whole }: Circumstances,
): PlannedClip {
  const frames = framesAt(clip, picture.frameRate);
  const base = { videoId: clip.videoId, frames };
  const pictures = whole === null ? pictureDifferences(clip, picture) : [whole];
  const apart = mixesSound || sound === null;
  const sounds = apart ? [] : soundDifferences(clip, sound);
  const ticks = needsTimescale(clip, picture) && pictures.length === 0 ? ['other time base'] : [];
  const differences = [...pictures, ...ticks, ...sounds];
  const kept = {
    picture: pictures.length > 0 ? ('encode' as const) : ('copy' as const),
    sound: soundOf(sound, mixesSound, sounds.length > 0 || pictures.length > 0),
  };
  if (differences.length === 0) return { ...base, action: 'copy', reason: 'as the film is', ...kept };
  return { ...base, action: 'conform', reason: differences.join('; '), ...kept };
}

function soundOf(sound: TargetSound | null, mixesSound: boolean, changes: boolean): PlannedClip['sound'] {
  if (sound === null) return 'none';
  if (mixesSound) return 'apart';
  return changes ? 'encode' : 'copy';
}

/** Encoding everything in one go makes the sound with it. */
function reencoded(clip: PlannedClip): PlannedClip {
  const sound = clip.sound === 'none' ? 'none' : 'apart';
  return { ...clip, action: 'reencode', picture: 'encode', sound };
}

/** Why nothing can be copied, whatever the clips are like. */
function reasonToRender({ outputFormat, quality, captions }: CompileOptions): string | null {
  const reasons: string[] = [];
  if (!COPY_FORMATS.includes(outputFormat)) reasons.push(`${outputFormat} was asked for`);
  if (quality !== 'high') reasons.push(`quality ${quality} was asked for`);
  if (captions === 'burn') reasons.push('captions are drawn into the picture');
  return reasons.length > 0 ? reasons.join('; ') : null;
}

const GIF_RATE = { num: 12, den: 1 };
const GIF_WIDTH = 640;

/** A GIF is smaller and slower than its clips unless told otherwise. */
function renderPicture(picture: TargetPicture, { outputFormat, size, fps }: CompileOptions): TargetPicture {
  if (outputFormat !== 'gif') return picture;
  const scale = size ? 1 : Math.min(1, GIF_WIDTH / picture.width);
  const even = (side: number) => Math.max(2, Math.round((side * scale) / 2) * 2);
  const frameRate = fps ?? GIF_RATE;
  return { ...picture, width: even(picture.width), height: even(picture.height), frameRate };
}

function plannedSound(clips: Clip[], { audio }: CompileOptions): TargetSound | null {
  const own = targetSound(clips);
  if (audio) return { sampleRateHz: own?.sampleRateHz ?? 48_000, channels: 2 };
  return own ?? null;
}

function plannedTransition(clips: Clip[], { transition }: CompileOptions, { frameRate }: TargetPicture) {
  if (!transition || clips.length < 2) return null;
  const frames = framesOf(transition.durationSeconds, frameRate);
  const short = clips.filter((clip) => framesAt(clip, frameRate) < 2 * frames);
  if (short.length === 0) return { type: transition.type, frames };
  const names = short.map((clip) => clipName(clip)).join(', ');
  const seconds = writeSeconds(secondsOf(frames, frameRate)).replace(/0+$/, '');
  throw new AppError(
    'unprocessable',
    `A transition of ${seconds} s needs clips of twice that length; too short: ${names}`,
  );
}

function overlaps(clips: PlannedClip[], transition: CompilePlan['transition']): number {
  return transition === null ? 0 : (clips.length - 1) * transition.frames;
}
