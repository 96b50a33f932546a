import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FfmpegCommand, FfmpegOutcome, FfmpegRunner, FfmpegRunOptions } from '../media/ffmpeg.js';
import { inParallel } from '../media/in-parallel.js';
import { conformCommand, splitCommand, type ClipFile } from './arguments/clips.js';
import {
  concatList,
  joinCommand,
  loudnessCommand,
  paletteCommand,
  renderCommand,
  transitionCommand,
  type FilmFiles,
  type ListedPiece,
} from './arguments/film.js';
import type { CompileOptions } from './compile-options.js';
import { parseLoudness } from './loudness.js';
import { cuttable, parsePackets } from './packets.js';
import type { CompilePlan } from './plan.js';
import { cutsOf, pieceFrames, smartPieces, type FrameRange, type Piece } from './smart-render.js';

const WIDTH = 2;

/** How many of the film's frames are its clips' own, and what FFmpeg complained of while reading the clips. */
export interface MadeFilm {
  copiedFrames: number;
  complaints: string[];
}

/** What one film is made of and where it goes. */
export interface FilmOrder {
  plan: CompilePlan;
  options: CompileOptions;
  files: FilmFiles;
  run: FfmpegRunOptions;
  /** Told how far the last and longest command is, in percent. */
  onProgress: (percent: number) => void;
}

/** Makes films with FFmpeg by their plans. */
export class FilmMaker {
  constructor(private readonly ffmpeg: FfmpegRunner) {}

  /** Makes the film by its plan's method; null when its pictures cannot be cut as `smart` needs. */
  async make(order: FilmOrder): Promise<MadeFilm | null> {
    switch (order.plan.method) {
      case 'join':
        return this.join(order);
      case 'smart':
        return this.smart(order);
      case 'render':
        return this.render(order);
    }
  }

  private async join(order: FilmOrder): Promise<MadeFilm> {
    const { plan } = order;
    const { files, complaints } = await this.conformed(order);
    const pieces = files.map(({ path }, index) => ({
      name: basename(path),
      frames: plan.clips[index]!.frames,
      sounds: !plan.mixesSound && plan.sound !== null,
    }));
    await this.joinPieces(order, pieces);
    const copied = plan.clips.filter(({ picture }) => picture === 'copy');
    return { copiedFrames: copied.reduce((sum, { frames }) => sum + frames, 0), complaints };
  }

  private async smart(order: FilmOrder): Promise<MadeFilm | null> {
    const { plan, run } = order;
    const overlap = plan.transition!.frames;
    const { files, complaints } = await this.conformed(order);
    const clips = await inParallel(files, WIDTH, run.signal, async ({ path }, _index, signal) => {
      const input = { path, options: ['-f', 'mov'] };
      const packets = parsePackets(await this.ffmpeg.probePackets(input, { ...run, signal }));
      return cuttable(packets.video, plan.picture.frameRate);
    });
    const asPlanned = clips.every(({ frames }, index) => frames === plan.clips[index]!.frames);
    const pieces = asPlanned ? smartPieces(clips, overlap) : null;
    // Where only conformed clips could be copied, encoding all at once saves encoding them twice.
    if (!pieces || copiedFrames(plan, pieces) === 0) return null;
    await inParallel(files, WIDTH, run.signal, async (file, clip, signal) => {
      const cuts = cutsOf(pieces, clip);
      const pattern = join(run.directory, `part-${clip}-%d.ts`);
      if (cuts.length > 0) await this.ffmpeg.run(splitCommand(file, cuts, plan, pattern), { ...run, signal });
    });
    const fileOf = (range: FrameRange) => partFile(files, pieces, range, run.directory);
    const listed = await inParallel(pieces, WIDTH, run.signal, async (piece, index, signal) => {
      const frames = pieceFrames(piece, overlap);
      if ('copied' in piece) return { name: basename(fileOf(piece.copied).path), frames, sounds: false };
      const output = join(run.directory, `transition-${index}.ts`);
      const parts = piece.encoded.map((range) => ({ file: fileOf(range), frames: range.to - range.from }));
      const delay = Math.max(...piece.encoded.map(({ clip }) => clips[clip]!.reorderedFrames));
      await this.ffmpeg.run(transitionCommand(parts, plan, delay, output), { ...run, signal });
      return { name: basename(output), frames, sounds: false };
    });
    await this.joinPieces(order, listed);
    return { copiedFrames: copiedFrames(plan, pieces), complaints };
  }

  private async render(order: FilmOrder): Promise<MadeFilm> {
    const { plan, options, run } = order;
    const files = await this.withLoudness(order);
    const palette = options.outputFormat === 'gif' ? join(run.directory, 'palette.png') : undefined;
    if (palette !== undefined) await this.ffmpeg.run(paletteCommand(plan, files, palette), run);
    const { log } = await this.last(order, renderCommand(plan, options, files, palette));
    return { copiedFrames: 0, complaints: log };
  }

  /** The clips' files, those that do not fit made so side by side. */
  private async conformed({ plan, files, run }: FilmOrder) {
    const complaints: string[] = [];
    const conformed = await inParallel(files.clips, WIDTH, run.signal, async (file, index, signal) => {
      const clip = plan.clips[index]!;
      if (clip.action === 'copy') return file;
      const path = join(run.directory, `conformed-${index}.mp4`);
      const { log } = await this.ffmpeg.run(conformCommand(file, clip, plan, path), { ...run, signal });
      complaints.push(...log);
      return { ...file, path, demuxer: 'mov' };
    });
    return { files: conformed, complaints };
  }

  private async joinPieces(order: FilmOrder, pieces: ListedPiece[]): Promise<void> {
    const { plan, options, run } = order;
    const list = join(run.directory, 'list.txt');
    await writeFile(list, concatList(pieces, plan));
    const files = plan.mixesSound ? await this.withLoudness(order) : order.files;
    await this.last(order, joinCommand(list, plan, options, files));
  }

  /** Plays the sound once to learn its loudness; what is silent has none and is left as it is. */
  private async withLoudness({ plan, options, files, run }: FilmOrder): Promise<FilmFiles> {
    const { targetLufs } = options;
    if (targetLufs === null || !plan.sound) return files;
    const { log } = await this.ffmpeg.run(loudnessCommand(plan, options, files, targetLufs), run);
    return { ...files, measured: parseLoudness(log) };
  }

  private last({ run, onProgress }: FilmOrder, command: FfmpegCommand): Promise<FfmpegOutcome> {
    return this.ffmpeg.run(command, { ...run, onProgress });
  }
}

/** The file that holds exactly the range: a part that the clip was split into, or the whole clip. */
function partFile(
  files: ClipFile[],
  pieces: Piece[],
  { clip, from }: FrameRange,
  directory: string,
): ClipFile {
  const file = files[clip]!;
  const cuts = cutsOf(pieces, clip);
  if (cuts.length === 0) return file;
  const part = cuts.filter((cut) => cut <= from).length;
  return { ...file, path: join(directory, `part-${clip}-${part}.ts`), demuxer: 'mpegts' };
}

function copiedFrames({ clips }: CompilePlan, pieces: Piece[]): number {
  const copies = pieces.flatMap((piece) => ('copied' in piece ? [piece.copied] : []));
  return copies
    .filter(({ clip }) => clips[clip]!.picture === 'copy')
    .reduce((sum, { from, to }) => sum + to - from, 0);
}
