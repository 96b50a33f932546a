import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import { AppError } from '../errors.js';
import { localFault, tellsOfLocalFault } from './local-fault.js';

const TAIL_LINES = 50;
const MAX_LINE_CHARACTERS = 500;
const MAX_PRINTED_CHARACTERS = 4 * 1024 * 1024;
/** Room for the packets of some hours of film. */
const MAX_LISTED_CHARACTERS = 128 * 1024 * 1024;

const PROGRESS_LINE = /^([a-z][a-z0-9_]*)=\s*(\S*)\s*$/;

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
  /** `info` for filters that print what they found; else only faults are told. */
  logLevel?: 'error' | 'info';
}

export interface FfmpegRunOptions {
  signal: AbortSignal;
  timeoutMs: number;
  /** Where relative names in a hostile file would resolve: the job's private directory. */
  directory: string;
  onProgress?: (percent: number) => void;
  /** How far the program stands back behind others (0 to 19). */
  niceness?: number;
}

/** What FFmpeg last said of its output. */
export interface FfmpegOutcome {
  frames: number;
  outputSeconds: number;
  /** The last lines of its log. */
  log: string[];
}

/**
 * The one place that starts processes. fluent-ffmpeg lays out FFmpeg's arguments but does not run them: its own run
 * crashes the process when the program is missing, starts FFmpeg twice more to list encoders, and kills no group.
 * Throws AppError `output_invalid` when the program refuses the media (its last lines are the cause), retryable
 * `storage_failed` when it could not write, retryable `deadline_exceeded` past the time-out, retryable `internal_error`
 * when it cannot run; an abort's own reason.
 */
export class FfmpegRunner {
  constructor(private readonly paths: { ffmpegPath: string; ffprobePath: string }) {}

  async run(command: FfmpegCommand, options: FfmpegRunOptions): Promise<FfmpegOutcome> {
    const report = new Report();
    const { log } = await runToEnd(this.paths.ffmpegPath, ffmpegArguments(command), options, {
      onLine: (line) => {
        const moved = report.read(line);
        if (moved && command.durationSeconds) options.onProgress?.(report.percentOf(command.durationSeconds));
      },
    });
    return { frames: report.frames, outputSeconds: report.outputSeconds, log };
  }

  /** Gives the JSON text that ffprobe prints of a file's format and streams. */
  async probe(input: FfmpegInput, options: FfmpegRunOptions): Promise<string> {
    return (await runToEnd(this.paths.ffprobePath, probeArguments(input), options)).printed;
  }

  /** The same with every packet: its stream, times in seconds, and flags. */
  async probePackets(input: FfmpegInput, options: FfmpegRunOptions): Promise<string> {
    const shown = [
      '-show_packets',
      '-show_entries',
      'packet=stream_index,pts_time,dts_time,duration_time,flags',
    ];
    const listed = { maxCharacters: MAX_LISTED_CHARACTERS };
    return (await runToEnd(this.paths.ffprobePath, probeArguments(input, shown), options, listed)).printed;
  }
}

/** Reads the `name=value` lines of FFmpeg's `-progress`. */
class Report {
  frames = 0;
  outputSeconds = 0;

  /** Says whether the line moved the output's clock. */
  read(line: string): boolean {
    const [, name, value] = PROGRESS_LINE.exec(line) ?? [];
    if (name === 'frame') this.frames = Number(value);
    // Microseconds in spite of its name, in every version.
    if (name !== 'out_time_ms' || !/^\d+$/.test(value ?? '')) return false;
    this.outputSeconds = Number(value) / 1e6;
    return true;
  }

  percentOf(durationSeconds: number): number {
    return Math.min(100, (this.outputSeconds / durationSeconds) * 100);
  }
}

function ffmpegArguments({ inputs, outputOptions, output, logLevel = 'error' }: FfmpegCommand): string[] {
  const command = ffmpeg();
  // fluent-ffmpeg splits a lone option at its space, but never one of several.
  for (const { path, options } of inputs) command.input(path).inputOptions(...fenced(options));
  command.outputOptions('-nostdin', '-hide_banner', '-v', logLevel, '-nostats', '-progress', 'pipe:2');
  command.outputOptions(...outputOptions).output(output);
  return command._getArguments();
}

function probeArguments({ path, options }: FfmpegInput, more: string[] = []): string[] {
  const shown = ['-show_format', '-show_streams', '-show_data_hash', 'sha256', ...more];
  return ['-v', 'error', '-print_format', 'json', ...shown, ...fenced(options), '-i', path];
}

/** A file may name others (playlists, references): it gets local files only, never the network. */
function fenced(options: string[]): string[] {
  return ['-protocol_whitelist', 'file', ...options];
}

interface Reading {
  /** Told what the program writes to stderr. */
  onLine?: (line: string) => void;
  maxCharacters?: number;
}

/** Runs a program in a process group of its own and gives what it printed and the end of its log. */
function runToEnd(
  program: string,
  programArguments: string[],
  options: FfmpegRunOptions,
  { onLine, maxCharacters = MAX_PRINTED_CHARACTERS }: Reading = {},
): Promise<{ printed: string; log: string[] }> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(program, programArguments, {
      cwd: options.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    standBack(child, options.niceness);
    const stop = watch(options, (reason) => {
      killGroup(child);
      reject(reason);
    });
    const printed = collect(child.stdout, maxCharacters);
    const complaints = tail(child.stderr, onLine);
    child.on('error', (cause) => {
      stop();
      reject(new AppError('internal_error', 'FFmpeg could not be started', { retryable: true, cause }));
    });
    child.on('close', (code, signal) => {
      stop();
      // A disk that fills up while the last bytes are written still ends FFmpeg with 0.
      const failed = code !== 0 || tellsOfLocalFault(complaints.join('\n'));
      if (failed) reject(failure(code, signal, complaints));
      else resolve({ printed: printed(), log: complaints });
    });
  });
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
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** A child inherits the priority of its start; one that is gone already needs none. */
function standBack({ pid }: ChildProcess, niceness: number | undefined): void {
  if (pid === undefined || niceness === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It is gone already.
  }
}

function collect(stream: Readable, maxCharacters: number): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < maxCharacters) text += chunk;
  });
  return () => text;
}

/** The last lines of a stream as they come, `-progress` apart. */
function tail(stream: Readable, onLine?: (line: string) => void): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => {
    onLine?.(line);
    if (PROGRESS_LINE.test(line)) return;
    lines.push(line.slice(0, MAX_LINE_CHARACTERS));
    if (lines.length > TAIL_LINES) lines.shift();
  });
  return lines;
}

function failure(code: number | null, signal: string | null, complaints: string[]): AppError {
  const cause = new Error([`It ended with ${signal ?? `code ${code}`}`, ...complaints].join('\n'));
  if (code === null) return new AppError('internal_error', 'FFmpeg was killed', { retryable: true, cause });
  return tellsOfLocalFault(complaints.join('\n'))
    ? localFault(cause)
    : new AppError('output_invalid', 'FFmpeg cannot read the media', { cause });
}
