import { invalidParameters, type Issue } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import {
  AudioBedDto,
  CompileDto,
  LONGEST_SIDE,
  LoudnessDto,
  MOST_PIXELS,
  TransitionDto,
} from './compile.dto.js';
import type { AudioBed, CompileOptions } from './compile-options.js';
import { rateOf } from './frame-rate.js';

const DEFAULT_TRANSITION_SECONDS = 0.5;
const DEFAULT_VOLUME = 0.5;
const DEFAULT_LUFS = -14;

export interface CompileRequest {
  options: CompileOptions;
  dryRun: boolean;
}

/** Reads the body of a compilation; no body asks for the defaults. Throws `invalid_parameters` with every fault of it. */
export function readCompileRequest(body: unknown): CompileRequest {
  const given = body === undefined ? {} : body;
  const issues = bodyIssues(CompileDto, given);
  const request = (given ?? {}) as CompileDto;
  issues.push(
    ...nestedIssues(TransitionDto, request.transition, 'transition'),
    ...nestedIssues(AudioBedDto, request.audio, 'audio'),
    ...nestedIssues(LoudnessDto, request.loudness, 'loudness'),
    ...senseIssues(request),
  );
  const first = new Map(issues.map((issue) => [issue.path, issue] as const).reverse());
  if (issues.length > 0) throw invalidParameters(issues.filter((issue) => first.get(issue.path) === issue));
  return { options: optionsOf(request), dryRun: request.dryRun ?? false };
}

function nestedIssues(dto: new () => object, value: unknown, path: string): Issue[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return bodyIssues(dto, value).map((issue) => ({
    path: `${path}.${issue.path}`,
    message: `${path}.${issue.message}`,
  }));
}

/** Faults that single fields do not show. */
function senseIssues({ audio, loudness, outputFormat, size }: CompileDto): Issue[] {
  const issues: Issue[] = [];
  if (isObject(audio) && (audio?.url == null) === (audio?.jobId == null))
    issues.push({ path: 'audio', message: 'audio must have one of url and jobId' });
  if (outputFormat === 'gif' && isObject(audio))
    issues.push({ path: 'audio', message: 'audio must be left out: a gif has no sound' });
  if (outputFormat === 'gif' && isObject(loudness))
    issues.push({ path: 'loudness', message: 'loudness must be left out: a gif has no sound' });
  if (typeof size === 'string' && /^\d{2,4}x\d{2,4}$/.test(size) && !isFilmSize(sizeOf(size)))
    issues.push({
      path: 'size',
      message: `size must have even sides from 16 to ${LONGEST_SIDE} and at most ${MOST_PIXELS} pixels`,
    });
  return issues;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isFilmSize({ width, height }: { width: number; height: number }): boolean {
  const fits = (side: number) => side % 2 === 0 && side >= 16 && side <= LONGEST_SIDE;
  return fits(width) && fits(height) && width * height <= MOST_PIXELS;
}

function sizeOf(size: string): { width: number; height: number } {
  const [width, height] = size.split('x').map(Number);
  return { width: width!, height: height! };
}

function optionsOf(request: CompileDto): CompileOptions {
  const { transition, loudness, audio, size, fps } = request;
  return {
    outputFormat: request.outputFormat ?? 'mp4',
    quality: request.quality ?? 'high',
    transition:
      transition && transition.type !== 'none'
        ? {
            type: transition.type,
            durationSeconds: transition.durationSeconds ?? DEFAULT_TRANSITION_SECONDS,
          }
        : null,
    audio: audio ? bedOf(audio) : null,
    targetLufs: loudness ? (loudness.targetLufs ?? DEFAULT_LUFS) : null,
    captions: request.captions ?? 'none',
    size: size == null ? null : sizeOf(size),
    fps: fps == null ? null : rateOf(fps),
  };
}

function bedOf(audio: AudioBedDto): AudioBed {
  return {
    source: audio.url == null ? { jobId: audio.jobId!.toLowerCase() } : { url: audio.url },
    volume: audio.volume ?? DEFAULT_VOLUME,
    ducking: audio.ducking ?? false,
    fadeInSeconds: audio.fadeInSeconds ?? 0,
    fadeOutSeconds: audio.fadeOutSeconds ?? 0,
  };
}
