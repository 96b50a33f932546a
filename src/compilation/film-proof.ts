import type { FfmpegCommand, FfmpegInput, FfmpegRunner, FfmpegRunOptions } from '../media/ffmpeg.js';
import { measureFilter } from './arguments/sound-filters.js';
import type { CompileOptions } from './compile-options.js';
import { formatOf } from './film-keys.js';
import { parseLoudness } from './loudness.js';
import { parsePackets } from './packets.js';
import type { CompilePlan } from './plan.js';
import { proveFilm, type Check } from './proof.js';

/** Looks at finished films: their packets, a decoder's opinion of them, and their loudness. */
export class FilmProof {
  constructor(private readonly ffmpeg: FfmpegRunner) {}

  /**
   * Everything that a film must hold. One whose streams are copies has its key frames decoded, since each of its frames
   * is one that was stored and seen before; any other is decoded whole.
   */
  async prove(
    path: string,
    plan: CompilePlan,
    options: CompileOptions,
    run: FfmpegRunOptions,
  ): Promise<Check[]> {
    const input: FfmpegInput = { path, options: ['-f', formatOf(options.outputFormat).demuxer] };
    const copies = plan.strategy === 'copy';
    const [packets, decoded, loudness] = await Promise.all([
      this.ffmpeg.probePackets(input, run),
      this.ffmpeg.run(decodeCommand(input, copies), run),
      this.loudness(input, plan, options, run),
    ]);
    return proveFilm(plan, options.outputFormat, {
      file: parsePackets(packets),
      complaints: ofDecoding(decoded.log),
      decoded: copies ? 'key frames' : 'all frames',
      ...(loudness && { loudness }),
    });
  }

  /** What FFmpeg complains of when it decodes the whole file; empty when nothing. */
  async complaints(input: FfmpegInput, run: FfmpegRunOptions): Promise<string[]> {
    return ofDecoding((await this.ffmpeg.run(decodeCommand(input, false), run)).log);
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

function decodeCommand({ path, options }: FfmpegInput, keyFramesOnly: boolean): FfmpegCommand {
  // A few frames are decoded sooner than threads for them are started.
  const [skip, map] = keyFramesOnly ? [['-threads', '1', '-skip_frame', 'nokey'], '0:v:0'] : [[], '0'];
  return {
    inputs: [{ path, options: [...skip, ...options] }],
    outputOptions: ['-map', map, '-f', 'null'],
    output: '-',
  };
}
