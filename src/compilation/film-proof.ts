import type { FfmpegCommand, FfmpegInput, FfmpegRunner, FfmpegRunOptions } from '../media/ffmpeg.js';
import { inParallel } from '../media/in-parallel.js';
import { measureFilter } from './arguments/sound-filters.js';
import type { CompileOptions } from './compile-options.js';
import { formatOf } from './film-keys.js';
import { parseLoudness } from './loudness.js';
import { inspectMp4 } from './mp4-inspection.js';
import { parsePackets, type InspectedFile } from './packets.js';
import type { CompilePlan } from './plan.js';
import { proveFilm, type Check } from './proof.js';

/** Each open clip keeps a decoder's frames in memory. */
const CLIPS_AT_ONCE = 8;

/** Looks at finished films: their packets, a decoder's opinion of their frames, and their loudness. */
export class FilmProof {
  constructor(private readonly ffmpeg: FfmpegRunner) {}

  /**
   * Everything that a film must hold. `ofCopies` is what `keyFrameComplaints` found in the clips of a film whose streams
   * are copies; any other film is decoded whole.
   */
  async prove(
    path: string,
    plan: CompilePlan,
    options: CompileOptions,
    run: FfmpegRunOptions,
    ofCopies: string[] | null,
  ): Promise<Check[]> {
    const input: FfmpegInput = { path, options: ['-f', formatOf(options.outputFormat).demuxer] };
    const [file, complaints, loudness] = await Promise.all([
      this.inspect(input, options, run),
      ofCopies ?? this.complaints(input, run),
      this.loudness(input, plan, options, run),
    ]);
    return proveFilm(plan, options.outputFormat, {
      ...{ file, complaints, decoded: ofCopies ? 'key frames' : 'all frames' },
      ...(loudness && { loudness }),
    });
  }

  /**
   * What FFmpeg complains of when it decodes the key frames of clips. A film that copies them has these very frames, so
   * this can be asked while it is being made.
   */
  async keyFrameComplaints(inputs: FfmpegInput[], run: FfmpegRunOptions): Promise<string[]> {
    const groups = Array.from({ length: Math.ceil(inputs.length / CLIPS_AT_ONCE) }, (_, index) =>
      inputs.slice(index * CLIPS_AT_ONCE, (index + 1) * CLIPS_AT_ONCE),
    );
    const found = await inParallel(groups, 1, run.signal, async (group, _index, signal) =>
      ofDecoding((await this.ffmpeg.run(keyFramesCommand(group), { ...run, signal })).log),
    );
    return found.flat();
  }

  /** What FFmpeg complains of when it decodes the whole file; empty when nothing. */
  async complaints(input: FfmpegInput, run: FfmpegRunOptions): Promise<string[]> {
    const everything: FfmpegCommand = {
      ...{ inputs: [input], outputOptions: ['-map', '0', '-f', 'null'], output: '-' },
    };
    return ofDecoding((await this.ffmpeg.run(everything, run)).log);
  }

  private async inspect(
    input: FfmpegInput,
    { outputFormat }: CompileOptions,
    run: FfmpegRunOptions,
  ): Promise<InspectedFile> {
    return formatOf(outputFormat).demuxer === 'mov'
      ? inspectMp4(input.path, run.signal)
      : parsePackets(await this.ffmpeg.probePackets(input, run));
  }

  private async loudness(
    input: FfmpegInput,
    { sound }: CompilePlan,
    { targetLufs }: CompileOptions,
    run: FfmpegRunOptions,
  ): Promise<{ target: number; measured: number } | undefined> {
    if (targetLufs === null || sound === null) return undefined;
    const command: FfmpegCommand = {
      inputs: [input],
      outputOptions: ['-map', '0:a:0', '-af', measureFilter(targetLufs), '-f', 'null'],
      output: '-',
      logLevel: 'info',
    };
    const measured = parseLoudness((await this.ffmpeg.run(command, run)).log);
    return measured ? { target: targetLufs, measured: Number(measured.integrated) } : undefined;
  }
}

/** Times that are equal once FFmpeg has rounded them are no fault of decoding: the packets' own times are looked at. */
function ofDecoding(log: string[]): string[] {
  return log.filter((line) => !line.includes('non monotonically increasing dts to muxer'));
}

function keyFramesCommand(inputs: FfmpegInput[]): FfmpegCommand {
  return {
    inputs: inputs.map(({ path, options }) => ({
      path,
      // A few frames are decoded sooner than threads for them are started.
      options: ['-threads', '1', '-skip_frame', 'nokey', ...options],
    })),
    outputOptions: [...inputs.flatMap((_, index) => ['-map', `${index}:v:0`]), '-f', 'null'],
    output: '-',
  };
}
