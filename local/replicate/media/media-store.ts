import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Means } from './arguments.js';
import { mediaArguments } from './arguments.js';
import { listFilters, runFfmpeg } from './ffmpeg.js';
import { provideFont } from './font.js';
import { promptLines } from './prompt-text.js';
import type { MediaSpec } from './spec.js';
import { contentTypeOf, extensionOf } from './spec.js';

const mostAtOnce = 2;
const keptMs = 24 * 60 * 60_000;

/** A file on disk; equal specs share one. */
export interface MediaFile {
  path: string;
  bytes: number;
  contentType: string;
  extension: string;
  sha256Key: string;
}

interface Abilities {
  filters: Set<string>;
  fontFile: string | undefined;
}

/** Makes media by ffmpeg, two files at a time, and keeps each under the hash of its spec in `dir`. */
export class MediaStore {
  #making = new Map<string, Promise<MediaFile>>();
  #abilities: Promise<Abilities> | undefined;
  #running = 0;
  #waiting: (() => void)[] = [];
  #closing = new AbortController();

  constructor(
    private readonly dir: string,
    private readonly ffmpegPath: string,
  ) {}

  async provide(spec: MediaSpec): Promise<MediaFile> {
    const key = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 32);
    const making = this.#making.get(key) ?? this.#provide(spec, key);
    this.#making.set(key, making);
    try {
      return await making;
    } finally {
      this.#making.delete(key);
    }
  }

  /** Forgets a file that no output refers to any more; it is made again when asked for. */
  async remove(file: MediaFile): Promise<void> {
    await rm(file.path, { force: true });
  }

  /** Stops what is being made; it rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#making.values());
  }

  /** Removes what an earlier process left behind. */
  async removeOld(): Promise<void> {
    const names = (await readdir(this.dir)).filter((name) => /^[0-9a-f]{32}\.\w+$/.test(name));
    for (const path of names.map((name) => join(this.dir, name))) {
      if (Date.now() - (await stat(path)).mtimeMs > keptMs) await rm(path, { force: true });
    }
  }

  async #provide(spec: MediaSpec, key: string): Promise<MediaFile> {
    const extension = extensionOf(spec);
    const path = join(this.dir, `${key}.${extension}`);
    const made = await stat(path).catch(() => undefined);
    const bytes = made?.size ?? (await this.#make(spec, key, path));
    return { path, bytes, contentType: contentTypeOf(spec), extension, sha256Key: key };
  }

  async #make(spec: MediaSpec, key: string, path: string): Promise<number> {
    await this.#enter();
    const textFile = `${key}.txt`;
    const unfinished = `${key}.part`;
    try {
      const means = await this.#means(spec, textFile);
      await runFfmpeg(
        this.ffmpegPath,
        ['-y', ...mediaArguments(spec, means, unfinished)],
        this.dir,
        this.#closing.signal,
      );
      await rename(join(this.dir, unfinished), path);
      return (await stat(path)).size;
    } finally {
      await rm(join(this.dir, textFile), { force: true });
      await rm(join(this.dir, unfinished), { force: true });
      this.#leave();
    }
  }

  async #means(spec: MediaSpec, textFile: string): Promise<Means> {
    this.#abilities ??= this.#probe();
    const { filters, fontFile } = await this.#abilities;
    const means = { geq: filters.has('geq') };
    if (spec.kind === 'audio' || !fontFile || !filters.has('drawtext')) return means;
    await writeFile(join(this.dir, textFile), promptLines(spec.prompt, spec).join('\n'));
    return { ...means, text: { fontFile, textFile } };
  }

  async #probe(): Promise<Abilities> {
    return { filters: await listFilters(this.ffmpegPath, this.dir), fontFile: await provideFont(this.dir) };
  }

  async #enter(): Promise<void> {
    if (this.#running >= mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }

  #leave(): void {
    this.#running -= 1;
    this.#waiting.shift()?.();
  }
}
