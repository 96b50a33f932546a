import { spawn, type ChildProcess } from 'node:child_process';
import ffmpeg from 'fluent-ffmpeg';
import { AppError } from '../errors.js';

const TAIL_LINES = 50;
const MAX_PROBE_CHARACTERS = 4 * 1024 * 1024;

/** One input: a file, and the options that stand before its `-i`. */
export interface FfmpegInput {
  options: string[];
  path: string;
}

/** One run of FFmpeg as plain data, made by pure builders. Paths are absolute. */
export interface FfmpegCommand {
  inputs: FfmpegInput[];
  /** What stands between the inputs and the output: filters, maps, codecs. Two arguments at least. */
  outputOptions: string[];
  output: string;
  /** How long the output will be, for the percentage that `onProgress` is told. */
  durationSeconds?: number;
}

export interface FfmpegRunOptions {
  signal: AbortSignal;
  timeoutMs: number;
  /** Where relative names in a hostile file would resolve: the job's private directory. */
  directory: string;
  onProgress?: (percent: number) => void;
}

/** What FFmpeg last said of its output. */
export interface FfmpegOutcome {
  frames: number;
  outputSeconds: number;
}

/**
 * The one place that starts processes: FFmpeg through fluent-ffmpeg, ffprobe through a plain spawn (fluent's cannot be
 * stopped). Throws AppError `output_invalid` when the program refuses the media (its last lines are the cause),
 * retryable `deadline_exceeded` past the time-out, retryable `internal_error` when it cannot run; an abort's own reason.
 */
export class FfmpegRunner {
  constructor(private readonly paths: { ffmpegPath: string; ffprobePath: string }) {}

  run(command: FfmpegCommand, options: FfmpegRunOptions): Promise<FfmpegOutcome> {
    return new Promise((resolve, reject) => {
      options.signal.throwIfAborted();
      const running = this.prepare(command, options);
      const report = new Report();
      const stop = watch(options, (reason) => {
        running.kill('SIGKILL');
        reject(reason);
      });
      running.on('stderr', (line: string) => {
        const moved = report.read(line);
        if (moved && command.durationSeconds) options.onProgress?.(report.percentOf(command.durationSeconds));
      });
      running.on('end', () => {
        stop();
        resolve(report.outcome);
      });
      running.on('error', (error: Error) => {
        stop();
        reject(failure('FFmpeg', error.message, report.tail));
      });
      running.run();
    });
  }

  /** Gives the JSON text that ffprobe prints of a file's format and streams. */
  probe(input: FfmpegInput, options: FfmpegRunOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      options.signal.throwIfAborted();
      const child = spawn(this.paths.ffprobePath, probeArguments(input), {
        cwd: options.directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      const stop = watch(options, (reason) => {
        killGroup(child);
        reject(reason);
      });
      const [printed, complained] = [collect(child.stdout), collect(child.stderr)];
      child.on('error', (error) => {
        stop();
        reject(failure('ffprobe', error.message, []));
      });
      child.on('close', (code) => {
        stop();
        if (code === 0) resolve(printed());
        else reject(failure('ffprobe', `ffprobe exited with code ${code}`, complained().split('\n')));
      });
    });
  }

  private prepare(command: FfmpegCommand, { directory }: FfmpegRunOptions): ffmpeg.FfmpegCommand {
    // fluent-ffmpeg splits a lone option at its space, but never one of several.
    const running = ffmpeg({ cwd: directory } as ffmpeg.FfmpegCommandOptions).setFfmpegPath(
      this.paths.ffmpegPath,
    );
    for (const { path, options } of command.inputs) running.input(path).inputOptions(...fenced(options));
    running.outputOptions('-nostdin', '-hide_banner', '-v', 'error', '-nostats', '-progress', 'pipe:2');
    running.outputOptions(...command.outputOptions).output(command.output);
    // It would start FFmpeg twice more to list formats and encoders, and misreads the lists of FFmpeg 7.
    return Object.assign(running, {
      _checkCapabilities: (done: () => void) => done(),
      availableEncoders: (done: (error: null, encoders: object) => void) => done(null, {}),
    });
  }
}

/** Reads the lines of FFmpeg's stderr: `-progress` pairs, and complaints, of which the last are kept. */
class Report {
  readonly outcome: FfmpegOutcome = { frames: 0, outputSeconds: 0 };
  readonly tail: string[] = [];

  /** Says whether the line moved the output's clock. */
  read(line: string): boolean {
    const [, name, value] = /^([a-z_0-9]+)=\s*(\S*)\s*$/.exec(line) ?? [];
    if (name === undefined) {
      this.tail.push(line);
      if (this.tail.length > TAIL_LINES) this.tail.shift();
    }
    if (name === 'frame') this.outcome.frames = Number(value);
    // Microseconds in spite of its name, in every version.
    if (name !== 'out_time_ms' || !/^\d+$/.test(value ?? '')) return false;
    this.outcome.outputSeconds = Number(value) / 1e6;
    return true;
  }

  percentOf(durationSeconds: number): number {
    return Math.min(100, (this.outcome.outputSeconds / durationSeconds) * 100);
  }
}

/** A file may name others (playlists, references): it gets local files only, never the network. */
function fenced(options: string[]): string[] {
  return ['-protocol_whitelist', 'file', ...options];
}

function probeArguments({ path, options }: FfmpegInput): string[] {
  const shown = ['-show_format', '-show_streams', '-show_data_hash', 'sha256'];
  return ['-v', 'error', '-print_format', 'json', ...shown, ...fenced(options), '-i', path];
}

/** Calls `over` once, at the abort or past the time-out; the returned function ends the watch. */
function watch({ signal, timeoutMs }: FfmpegRunOptions, over: (reason: unknown) => void): () => void {
  const late = () =>
    over(new AppError('deadline_exceeded', `FFmpeg took longer than ${timeoutMs} ms`, { retryable: true }));
  const aborted = () => over(signal.reason);
  const timer = setTimeout(late, timeoutMs);
  signal.addEventListener('abort', aborted, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  };
}

/** The path may be a wrapper script: what it started goes with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < MAX_PROBE_CHARACTERS) text += chunk;
  });
  return () => text;
}

function failure(program: string, message: string, tail: string[]): AppError {
  const cause = new Error([message, ...tail].join('\n'));
  return /exited with code/.test(message)
    ? new AppError('output_invalid', `${program} cannot read the media`, { cause })
    : new AppError('internal_error', `${program} could not run`, { retryable: true, cause });
}
