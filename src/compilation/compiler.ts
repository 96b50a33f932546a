import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.js';
import type { FfmpegRunOptions } from '../media/ffmpeg.js';
import { allEnded, inParallel } from '../media/in-parallel.js';
import type { TemporaryFolders } from '../media/temporary-folders.js';
import { clipInput, type ClipFile } from './arguments/clips.js';
import type { FilmFiles } from './arguments/film.js';
import { writeSrt, writeVtt } from './captions.js';
import { clipName, type Clip } from './clip.js';
import type { CompileOptions } from './compile-options.js';
import { captionsOf, layOutBurn } from './film-captions.js';
import type { BedSource, FilmInputs } from './film-inputs.js';
import { filmMetadataKey, formatOf, SEGMENT_PATTERN, type FilmPlace } from './film-keys.js';
import type { FilmMaker, MadeFilm } from './film-maker.js';
import type { FilmProof } from './film-proof.js';
import type { FilmStore, StoredFilm } from './film-store.js';
import { filmSeconds, rendered, type CompilePlan } from './plan.js';
import { failures, type Check } from './proof.js';

const COMMAND_TIMEOUT_MS = 30 * 60_000;
/** Films stand back behind requests and the storing of outputs, which others wait for. */
const NICENESS = 10;
const DECODE_WIDTH = 2;
/** Where in the percentage the inputs have come, and the film is made. */
const FETCHED_PERCENT = 10;
const MADE_PERCENT = 90;

/** All that making a film needs to know. */
export interface CompileOrder extends FilmPlace {
  clips: Clip[];
  options: CompileOptions;
  plan: CompilePlan;
  bed: BedSource | null;
  /** What `metadata.json` is to say beside the film. */
  facts: Record<string, unknown>;
}

/** What proved the film, and how many of its frames are the very ones of its clips. */
export interface Verification {
  passed: true;
  checks: Check[];
  copiedFrames: number;
  encodedFrames: number;
  /** Why the planned way was left for a full encoding; absent when it was not. */
  fallback?: string;
}

export interface CompiledFilm extends StoredFilm {
  metadataKey: string;
  captions?: { srt: string; vtt: string };
  mediaDurationSeconds: number;
  /** As it was carried out. */
  plan: CompilePlan;
  verification: Verification;
}

interface Workshop {
  order: CompileOrder;
  files: FilmFiles;
  /** Where the film is written, with its segments if it has any. */
  filmDirectory: string;
  run: FfmpegRunOptions;
  onProgress: (percent: number) => void;
}

/**
 * Makes one film of many clips and stores it: inputs side by side, only what does not fit encoded, then a proof of the
 * result; a film that fails it is made again by encoding everything. May run twice: its keys depend on the compilation
 * alone. Throws AppError `output_missing` or `output_invalid` (it names the clip, or what the proof found), retryable
 * `storage_failed`, or an abort's own reason; what is stored then is for `remove`, or for the next run to replace.
 */
export class Compiler {
  constructor(
    private readonly inputs: FilmInputs,
    private readonly maker: FilmMaker,
    private readonly proof: FilmProof,
    private readonly store: FilmStore,
    private readonly folders: TemporaryFolders,
  ) {}

  async compile(
    order: CompileOrder,
    signal: AbortSignal,
    onProgress: (percent: number) => void,
  ): Promise<CompiledFilm> {
    const directory = await this.folders.make();
    try {
      const run = { signal, directory, timeoutMs: COMMAND_TIMEOUT_MS, niceness: NICENESS };
      return await this.makeAndStore(await this.layOut(order, run, onProgress));
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** Takes away whatever was stored of a film that will never be; nobody else may be at it any more. */
  async remove({ scriptId, compilationId, options, plan }: Omit<CompileOrder, 'facts'>): Promise<void> {
    await this.store.remove({ scriptId, compilationId }, options, filmSeconds(plan));
  }

  private async layOut(
    order: CompileOrder,
    run: FfmpegRunOptions,
    onProgress: (percent: number) => void,
  ): Promise<Workshop> {
    const { clips, options, plan, bed } = order;
    const { directory, signal } = run;
    const [clipFiles, bedFile] = await Promise.all([
      this.inputs.clips(clips, plan.picture, directory, signal),
      bed ? this.inputs.bed(bed, directory, signal) : null,
    ]);
    onProgress(FETCHED_PERCENT);
    const filmDirectory = join(directory, 'film');
    await mkdir(filmDirectory);
    const output = join(filmDirectory, `final.${formatOf(options.outputFormat).extension}`);
    const burn =
      options.captions === 'burn' ? await layOutBurn(directory, captionsOf(clips, plan), plan) : null;
    const files: FilmFiles = {
      ...{ clips: clipFiles, bed: bedFile, burn, output, measured: null },
      segments: join(filmDirectory, SEGMENT_PATTERN),
    };
    return { order, files, filmDirectory, run, onProgress };
  }

  private async makeAndStore(workshop: Workshop): Promise<CompiledFilm> {
    const { plan } = workshop.order;
    const planned = await this.makeProved(workshop, plan);
    if ('film' in planned) return this.finish(workshop, plan, planned);
    if (plan.method === 'render') throw notProved(planned.fault);
    const whole = rendered(plan, `${planned.fault}, so that all is encoded`);
    await rm(workshop.filmDirectory, { recursive: true });
    await mkdir(workshop.filmDirectory);
    const made = await this.makeProved(workshop, whole);
    if ('fault' in made) throw notProved(made.fault);
    return this.finish(workshop, whole, made, planned.fault);
  }

  /** The film is stored as soon as it is made, while its clips are looked into: one that fails is replaced or removed. */
  private async makeProved(workshop: Workshop, plan: CompilePlan): Promise<Proved | { fault: string }> {
    const { order, files, filmDirectory, run, onProgress } = workshop;
    const making = this.make(workshop, plan);
    const storing = making.then((film) => {
      if ('fault' in film) return null;
      onProgress(MADE_PERCENT);
      return this.store.put(order, order.options, files.output, filmDirectory, run.signal);
    });
    const proving = allEnded(making, this.readCopies(workshop, plan)).then(([film, ofCopies]) =>
      'fault' in film ? [] : this.proof.prove(files.output, plan, order.options, run, ofCopies),
    );
    // A clip at fault is told before a store in trouble, which another run may find well.
    const [film, checks, stored] = await allEnded(making, proving, storing);
    if ('fault' in film) return film;
    const fault = failures(checks);
    return fault === '' ? { film, checks, stored: stored! } : { fault };
  }

  /** Looks into the clips of a film that copies them, while it is made; null for a film that is to be decoded itself. */
  private async readCopies(workshop: Workshop, plan: CompilePlan): Promise<string[] | null> {
    if (plan.strategy !== 'copy') return null;
    const { files, run } = workshop;
    const inputs = files.clips.map((file) => clipInput(file, plan));
    const complaints = await this.proof.keyFrameComplaints(inputs, run);
    if (complaints.length > 0) await this.blameClip(workshop);
    return complaints;
  }

  /** A fault of FFmpeg is the fault of a clip, which is then named, or of the way of making the film. */
  private async make(workshop: Workshop, plan: CompilePlan): Promise<MadeFilm | { fault: string }> {
    const { order, files, run, onProgress } = workshop;
    const share = (percent: number) =>
      onProgress(FETCHED_PERCENT + ((MADE_PERCENT - FETCHED_PERCENT) * percent) / 100);
    try {
      const film = await this.maker.make({ plan, options: order.options, files, run, onProgress: share });
      if (!film) return { fault: 'the clips cannot be cut around the transitions' };
      if (film.complaints.length > 0) await this.blameClip(workshop);
      return film;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'output_invalid') throw error;
      await this.blameClip(workshop);
      if (plan.method === 'render') throw error;
      return { fault: 'FFmpeg could not join the clips' };
    }
  }

  /** Throws `output_invalid` that names the clips which do not decode; returns when all do. */
  private async blameClip({ order, files, run }: Workshop): Promise<void> {
    const faulty = await inParallel(files.clips, DECODE_WIDTH, run.signal, async (file, index, signal) => {
      const decodes = await this.decodes(file, order.plan, { ...run, signal });
      return decodes ? [] : [clipName(order.clips[index]!)];
    });
    const names = faulty.flat();
    if (names.length === 0) return;
    throw new AppError('output_invalid', `It cannot be decoded: ${names.join(', ')}. Approve another take`);
  }

  private async decodes(file: ClipFile, plan: CompilePlan, run: FfmpegRunOptions): Promise<boolean> {
    if (file.demuxer === null) return true;
    return this.proof.complaints(clipInput(file, plan), run).then(
      (complaints) => complaints.length === 0,
      (error: unknown) => {
        if (error instanceof AppError && error.code === 'output_invalid') return false;
        throw error;
      },
    );
  }

  private async finish(
    { order, run }: Workshop,
    plan: CompilePlan,
    { film, checks, stored }: Proved,
    fallback?: string,
  ): Promise<CompiledFilm> {
    const { clips, options, facts } = order;
    const cues = options.captions === 'sidecar' ? captionsOf(clips, plan) : null;
    const captions =
      cues && (await this.store.putCaptions(order, { srt: writeSrt(cues), vtt: writeVtt(cues) }, run.signal));
    const verification: Verification = {
      passed: true,
      checks,
      copiedFrames: film.copiedFrames,
      encodedFrames: plan.frames - film.copiedFrames,
      ...(fallback !== undefined && { fallback }),
    };
    const made: CompiledFilm = {
      ...stored,
      metadataKey: filmMetadataKey(order),
      ...(captions && { captions }),
      mediaDurationSeconds: filmSeconds(plan),
      plan,
      verification,
    };
    await this.store.putMetadata(made.metadataKey, { ...facts, options, film: made, clips }, run.signal);
    return made;
  }
}

interface Proved {
  film: MadeFilm;
  checks: Check[];
  stored: StoredFilm;
}

function notProved(fault: string): AppError {
  return new AppError('output_invalid', `The film failed its proof: ${fault}`);
}
