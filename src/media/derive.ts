import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import type { FileKind, MediaType } from './content-type.js';
import {
  inputOf,
  pictureInputOf,
  previewCommand,
  tailCommand,
  thumbnailCommand,
  waveformCommand,
  type MediaFile,
} from './derive-arguments.js';
import type { FfmpegCommand, FfmpegRunner, FfmpegRunOptions } from './ffmpeg.js';
import { inParallel } from './in-parallel.js';
import { thumbnailPicture } from './picture.js';
import { parseProbe, shownSize, type StreamSignature } from './probe.js';

const TIMEOUT_MS = 120_000;

/** What was learnt of a file that decodes, and the paths of the pieces made from it. */
export interface Derived {
  signature: StreamSignature | null;
  width?: number;
  height?: number;
  durationSeconds?: number;
  thumbnailPath?: string;
  previewPath?: string;
  waveformPath?: string;
}

export interface DeriveRequest {
  mediaType: MediaType;
  path: string;
  kind: FileKind;
  /** An empty private directory, where the pieces are written. */
  directory: string;
  signal: AbortSignal;
}

/** Proves that a file decodes and makes its thumbnail, preview or waveform; AppError `output_invalid` when it does not. */
export async function derive(ffmpeg: FfmpegRunner, request: DeriveRequest): Promise<Derived> {
  if (request.mediaType === 'image') return derivePicture(request);
  const { path, kind, directory, signal } = request;
  const options: FfmpegRunOptions = { signal, directory, timeoutMs: TIMEOUT_MS };
  const file: MediaFile = { path, demuxer: kind.demuxer ?? '' };
  return request.mediaType === 'video'
    ? deriveVideo(ffmpeg, file, options)
    : deriveAudio(ffmpeg, file, options);
}

async function derivePicture({ path, directory }: DeriveRequest): Promise<Derived> {
  const thumbnailPath = join(directory, 'thumbnail.jpg');
  const size = await thumbnailPicture(path, thumbnailPath);
  return { signature: null, ...size, thumbnailPath };
}

/** The preview takes as long as all the rest, and needs to know nothing of the file: both are made side by side. */
async function deriveVideo(
  ffmpeg: FfmpegRunner,
  file: MediaFile,
  options: FfmpegRunOptions,
): Promise<Derived> {
  const thumbnailPath = join(options.directory, 'thumbnail.jpg');
  const previewPath = join(options.directory, 'preview.gif');
  const works = [
    (shared: FfmpegRunOptions) => describeVideo(ffmpeg, file, thumbnailPath, shared),
    (shared: FfmpegRunOptions) => make(ffmpeg, previewCommand(file, previewPath), shared).then(() => null),
  ];
  const [described] = await inParallel(works, works.length, options.signal, (work, _index, signal) =>
    work({ ...options, signal }),
  );
  return { ...described!, thumbnailPath, previewPath };
}

/** What the video is, once its end is proved and its thumbnail written. */
async function describeVideo(
  ffmpeg: FfmpegRunner,
  file: MediaFile,
  thumbnailPath: string,
  options: FfmpegRunOptions,
): Promise<Derived> {
  const signature = parseProbe(await ffmpeg.probe(pictureInputOf(file), options));
  const { video, durationSeconds } = signature;
  if (!video?.width || !video.height) throw new AppError('output_invalid', 'The video has no picture');
  if (!durationSeconds) throw new AppError('output_invalid', 'The video has no duration');
  await proveTail(ffmpeg, file, video.durationSeconds ?? durationSeconds, options);
  await makeThumbnail(ffmpeg, file, durationSeconds, thumbnailPath, options);
  return { signature, ...shownSize(video), durationSeconds };
}

async function deriveAudio(
  ffmpeg: FfmpegRunner,
  file: MediaFile,
  options: FfmpegRunOptions,
): Promise<Derived> {
  const signature = parseProbe(await ffmpeg.probe(inputOf(file), options));
  const { audio, durationSeconds } = signature;
  if (!audio?.channels) throw new AppError('output_invalid', 'The audio has no sound');
  if (!durationSeconds) throw new AppError('output_invalid', 'The audio has no duration');
  const waveformPath = join(options.directory, 'waveform.png');
  await make(ffmpeg, waveformCommand(file, waveformPath), options);
  return { signature, durationSeconds, waveformPath };
}

/** A file that was cut short has an index of frames that are not there. */
async function proveTail(
  ffmpeg: FfmpegRunner,
  file: MediaFile,
  endsAtSeconds: number,
  options: FfmpegRunOptions,
): Promise<void> {
  const { frames } = await ffmpeg.run(tailCommand(file, endsAtSeconds), options);
  if (frames === 0)
    throw new AppError('output_invalid', 'The video ends before its duration: nothing decodes there');
}

/** A tenth in, past the fade that many clips begin with; the first frame when none is found there. */
async function makeThumbnail(
  ffmpeg: FfmpegRunner,
  file: MediaFile,
  durationSeconds: number,
  output: string,
  options: FfmpegRunOptions,
): Promise<void> {
  await ffmpeg.run(thumbnailCommand(file, durationSeconds / 10, output), options);
  if (!(await isWritten(output))) await make(ffmpeg, thumbnailCommand(file, 0, output), options);
}

/** FFmpeg exits with 0 even when nothing decoded: the file it was to write is the proof. */
async function make(ffmpeg: FfmpegRunner, command: FfmpegCommand, options: FfmpegRunOptions): Promise<void> {
  await ffmpeg.run(command, options);
  if (!(await isWritten(command.output))) throw new AppError('output_invalid', 'The media cannot be decoded');
}

async function isWritten(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
