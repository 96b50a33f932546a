import type { OutputFormat } from './compile-options.js';
import { framesPerSecond, secondsOf } from './frame-rate.js';
import type { InspectedFile, ShownPacket } from './packets.js';
import { filmSeconds, type CompilePlan } from './plan.js';

const SYNC_SECONDS = 0.05;
/** What containers that count in milliseconds round off. */
const ROUNDING_SECONDS = 0.0021;
const LOUDNESS_TOLERANCE = 1;

/** One thing that a finished film was checked for. */
export interface Check {
  name: string;
  passed: boolean;
  expected: string;
  actual: string;
}

/** What was seen of a finished film. */
export interface Evidence {
  file: InspectedFile;
  /** What a decoder complained of; empty when nothing. */
  complaints: string[];
  /** Which frames were decoded: all, or the key frames of the clips of which a film is a copy. */
  decoded: 'all frames' | 'key frames';
  /** Integrated loudness in LUFS, where one was asked for and there is sound. */
  loudness?: { target: number; measured: number };
}

/** Compares a finished film with its plan. */
export function proveFilm(plan: CompilePlan, format: OutputFormat, evidence: Evidence): Check[] {
  const { file, complaints, decoded, loudness } = evidence;
  // GIF counts hundredths of a second and leaves out frames that change nothing.
  const countsFrames = format !== 'gif';
  return [
    streamsCheck(plan, file),
    sizeCheck(plan, file),
    ...(countsFrames ? [framesCheck(plan, file), stepsCheck(plan, file)] : []),
    durationCheck(plan, format, file),
    ...(plan.sound ? [syncCheck(file), gapsCheck(file)] : []),
    ...(loudness ? [loudnessCheck(loudness)] : []),
    check(`decoding ${decoded}`, complaints.length === 0, 'no error', complaints[0] ?? 'no error'),
  ];
}

export function failures(checks: Check[]): string {
  return checks
    .filter(({ passed }) => !passed)
    .map(({ name, expected, actual }) => `${name}: ${actual} instead of ${expected}`)
    .join('; ');
}

function check(name: string, passed: boolean, expected: string, actual: string): Check {
  return { name, passed, expected, actual };
}

function streamsCheck(plan: CompilePlan, { videoStreams, audioStreams }: InspectedFile): Check {
  const told = (video: number, audio: number) => `${video} video, ${audio} audio`;
  const actual = told(videoStreams, audioStreams);
  const expected = told(1, plan.sound ? 1 : 0);
  return check('streams', actual === expected, expected, actual);
}

function sizeCheck({ picture }: CompilePlan, file: InspectedFile): Check {
  const expected = `${picture.width}×${picture.height}`;
  const actual = `${file.picture?.width}×${file.picture?.height}`;
  return check('size', actual === expected, expected, actual);
}

function framesCheck(plan: CompilePlan, { video }: InspectedFile): Check {
  return check('frames', video.length === plan.frames, String(plan.frames), String(video.length));
}

/** Every frame is shown for one frame's time: this is also the frame rate's proof. */
function stepsCheck({ picture }: CompilePlan, { video }: InspectedFile): Check {
  const step = secondsOf(1, picture.frameRate);
  const shown = shownTimes(video);
  const worst = shown
    .slice(1)
    .map((time, index) => time - shown[index]!)
    .reduce((far, length) => (Math.abs(length - step) > Math.abs(far - step) ? length : far), step);
  const fps = framesPerSecond(picture.frameRate).toFixed(3);
  return check(
    'frame steps',
    Math.abs(worst - step) <= ROUNDING_SECONDS,
    `${(step * 1e3).toFixed(2)} ms (${fps} frames a second)`,
    `${(worst * 1e3).toFixed(2)} ms at the worst`,
  );
}

function durationCheck(plan: CompilePlan, format: OutputFormat, file: InspectedFile): Check {
  const expected = filmSeconds(plan);
  const { start, end } = span(file.video);
  // No packet tells how long the last picture of a GIF is shown.
  const actual = format === 'gif' ? (file.picture?.durationSeconds ?? 0) : end - start;
  const frame = secondsOf(1, plan.picture.frameRate);
  return check(
    'duration',
    Math.abs(actual - expected) <= frame + ROUNDING_SECONDS,
    `${expected.toFixed(3)} s`,
    `${actual.toFixed(3)} s`,
  );
}

function syncCheck(file: InspectedFile): Check {
  const [picture, sound] = [span(file.video), span(file.audio)];
  const apart = Math.max(Math.abs(picture.start - sound.start), Math.abs(picture.end - sound.end));
  return check(
    'sound and picture',
    apart <= SYNC_SECONDS,
    `≤ ${SYNC_SECONDS * 1e3} ms apart at the ends`,
    `${(apart * 1e3).toFixed(1)} ms`,
  );
}

/** A container may tell a gap as a long packet: it is the steps that are compared, with the usual one. */
function gapsCheck({ audio }: InspectedFile): Check {
  const steps = audio.slice(1).map((packet, index) => packet.ptsSeconds - audio[index]!.ptsSeconds);
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const widest = steps.reduce((wide, step) => Math.max(wide, Math.abs(step - usual)), 0);
  const limit = `≤ ${SYNC_SECONDS * 1e3} ms`;
  return check('gaps in the sound', widest <= SYNC_SECONDS, limit, `${(widest * 1e3).toFixed(1)} ms`);
}

function loudnessCheck({ target, measured }: { target: number; measured: number }): Check {
  const passed = Math.abs(measured - target) <= LOUDNESS_TOLERANCE;
  return check('loudness', passed, `${target} ± ${LOUDNESS_TOLERANCE} LUFS`, `${measured} LUFS`);
}

function span(packets: ShownPacket[]): { start: number; end: number } {
  const start = packets.reduce((first, { ptsSeconds }) => Math.min(first, ptsSeconds), Infinity);
  const end = packets.reduce((last, packet) => Math.max(last, endOfPacket(packet)), -Infinity);
  return { start, end };
}

function shownTimes(packets: ShownPacket[]): number[] {
  return packets.map(({ ptsSeconds }) => ptsSeconds).sort((a, b) => a - b);
}

function endOfPacket({ ptsSeconds, durationSeconds }: ShownPacket): number {
  return ptsSeconds + (durationSeconds ?? 0);
}
