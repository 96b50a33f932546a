import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clip } from '../../../src/compilation/clip.js';
import type { CompileOptions } from '../../../src/compilation/compile-options.js';
import { Compiler, type CompiledFilm } from '../../../src/compilation/compiler.js';
import { FilmInputs, type BedSource } from '../../../src/compilation/film-inputs.js';
import { FilmMaker } from '../../../src/compilation/film-maker.js';
import { FilmProof } from '../../../src/compilation/film-proof.js';
import { FilmStore } from '../../../src/compilation/film-store.js';
import { planCompilation } from '../../../src/compilation/plan.js';
import { MediaSource } from '../../../src/media/download.js';
import { TemporaryFolders } from '../../../src/media/temporary-folders.js';
import { ffmpegRunner, programs } from '../media/sample-media.js';
import { startSourceServer, type SourceServer } from '../media/source-server.js';
import { startStoredMedia, type StoredMedia } from '../media/stored-media.js';
import { clipBytes, storeClip, type ClipRecipe } from '../../support/film/clips.js';

const run = promisify(execFile);

export const PLAIN: CompileOptions = {
  ...{ outputFormat: 'mp4', quality: 'high', transition: null, audio: null, targetLufs: null },
  ...{ captions: 'none', size: null, fps: null },
};

/** A finished film on this machine too. */
export interface MadeFilm extends CompiledFilm {
  path: string;
}

/** A compiler on a store of its own. */
export class FilmWorkshop {
  private readonly madeClips = new Map<string, Promise<Buffer>>();

  private constructor(
    readonly media: StoredMedia,
    readonly source: SourceServer,
    readonly compiler: Compiler,
    readonly temporaryDirectory: string,
    private readonly inputs: FilmInputs,
    private readonly directory: string,
  ) {}

  static async start(): Promise<FilmWorkshop> {
    const [media, source] = await Promise.all([startStoredMedia(), startSourceServer()]);
    const directory = await mkdtemp(join(tmpdir(), 'film-test-'));
    const temporaryDirectory = await mkdtemp(join(tmpdir(), 'film-test-temporary-'));
    const outside = new MediaSource({ hosts: ['*', source.host], allowPrivateSources: true });
    const inputs = new FilmInputs(media.store, outside);
    const ffmpeg = ffmpegRunner();
    const compiler = new Compiler(
      inputs,
      new FilmMaker(ffmpeg),
      new FilmProof(ffmpeg),
      new FilmStore(media.store),
      new TemporaryFolders(temporaryDirectory),
    );
    return new FilmWorkshop(media, source, compiler, temporaryDirectory, inputs, directory);
  }

  /** Stores clips; those of the same recipe are made once. */
  clips(...recipes: ClipRecipe[]): Promise<Clip[]> {
    return Promise.all(
      recipes.map(async (recipe, position) => {
        const key = JSON.stringify({ ...recipe, narration: null });
        const bytes = this.madeClips.get(key) ?? clipBytes(recipe);
        this.madeClips.set(key, bytes);
        return storeClip(this.media.store, this.directory, recipe, position, await bytes);
      }),
    );
  }

  /** A whole clip, and one whose pictures were destroyed before it was stored. */
  async brokenClip(): Promise<[Clip, Clip]> {
    const bytes = await clipBytes({});
    const whole = await storeClip(this.media.store, this.directory, {}, 0, bytes);
    const start = bytes.indexOf('mdat') + 4;
    const broken = Buffer.from(bytes).fill(0xa5, start, start + Math.floor((bytes.length - start) / 2));
    return [whole, await storeClip(this.media.store, this.directory, {}, 1, broken)];
  }

  async compile(
    clips: Clip[],
    options: Partial<CompileOptions> = {},
    bed: BedSource | null = null,
  ): Promise<MadeFilm> {
    const place = { scriptId: randomUUID(), compilationId: randomUUID() };
    const all = { ...PLAIN, ...options };
    const order = { ...place, clips, options: all, plan: planCompilation(clips, all), bed, facts: {} };
    const film = await this.compiler
      .compile(order, new AbortController().signal, () => undefined)
      .catch(async (error: unknown) => {
        await this.compiler.remove(order);
        throw error;
      });
    return { ...film, path: await this.fetch(film.objectKey) };
  }

  /** A local copy of a stored object. */
  async fetch(key: string): Promise<string> {
    const path = join(this.directory, `${randomUUID()}-${key.split('/').at(-1)}`);
    const body = await this.media.store.read(key);
    await writeFile(path, Buffer.concat(await body!.toArray()));
    return path;
  }

  async close(): Promise<void> {
    await this.inputs.close();
    await Promise.all([this.media.close(), this.source.close()]);
    for (const directory of [this.directory, this.temporaryDirectory])
      await rm(directory, { recursive: true, force: true });
  }
}

/** The hash of each decoded frame, in the order shown. */
export async function frameHashes(path: string): Promise<string[]> {
  const { stdout } = await run(programs.ffmpegPath, [
    ...['-v', 'error', '-i', path, '-map', '0:v:0', '-vsync', 'passthrough', '-f', 'framemd5', '-'],
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());
}

/** ffprobe's streams of a file. */
export async function streamsOf(path: string): Promise<Record<string, string | number>[]> {
  const { stdout } = await run(programs.ffprobePath, ['-v', 'error', '-show_streams', '-of', 'json', path]);
  return (JSON.parse(stdout) as { streams: Record<string, string | number>[] }).streams;
}

/** The level of the sound, RMS in dB, within a part of the film. */
export async function soundLevel(path: string, fromSeconds: number, seconds: number): Promise<number> {
  const filters = `atrim=start=${fromSeconds}:duration=${seconds},volumedetect`;
  const { stderr } = await run(programs.ffmpegPath, [
    '-i',
    path,
    '-map',
    '0:a:0',
    '-af',
    filters,
    '-f',
    'null',
    '-',
  ]);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
}
