import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inParallel } from '../media/in-parallel.js';
import { CACHE_CONTROL } from '../media/store-original.js';
import type { MediaStore } from '../storage/media.store.js';
import type { CompileOptions } from './compile-options.js';
import {
  captionsKey,
  filmKey,
  filmPrefix,
  formatOf,
  possibleKeys,
  SEGMENT_CONTENT_TYPE,
  type FilmPlace,
} from './film-keys.js';

const WIDTH = 4;
const CLEAN_UP_TIMEOUT_MS = 30_000;

/** A film as it lies in the store. `bytes` counts HLS segments too. */
export interface StoredFilm {
  objectKey: string;
  bytes: number;
  /** Hex, of the file at `objectKey`. */
  sha256: string;
}

/** Puts films and what belongs to them into the bucket. */
export class FilmStore {
  constructor(private readonly store: MediaStore) {}

  /** Stores the film's file; of HLS the segments first, so that no playlist names what is not there. */
  async put(
    place: FilmPlace,
    { outputFormat }: CompileOptions,
    path: string,
    directory: string,
    signal: AbortSignal,
  ): Promise<StoredFilm> {
    const segments = outputFormat === 'hls' ? await segmentsIn(directory) : [];
    const sizes = await inParallel(segments, WIDTH, signal, (name, _index, either) =>
      this.putFile(`${filmPrefix(place)}/${name}`, join(directory, name), SEGMENT_CONTENT_TYPE, either),
    );
    const objectKey = filmKey(place, outputFormat);
    const [own, sha256] = await Promise.all([
      this.putFile(objectKey, path, formatOf(outputFormat).contentType, signal),
      sha256Of(path, signal),
    ]);
    return { objectKey, bytes: sizes.reduce((sum, size) => sum + size, own), sha256 };
  }

  async putCaptions(
    place: FilmPlace,
    texts: { srt: string; vtt: string },
    signal: AbortSignal,
  ): Promise<{ srt: string; vtt: string }> {
    const keys = { srt: captionsKey(place, 'srt'), vtt: captionsKey(place, 'vtt') };
    const put = { cacheControl: CACHE_CONTROL, signal };
    await Promise.all([
      this.store.put(keys.srt, texts.srt, { ...put, contentType: 'application/x-subrip; charset=utf-8' }),
      this.store.put(keys.vtt, texts.vtt, { ...put, contentType: 'text/vtt; charset=utf-8' }),
    ]);
    return keys;
  }

  async putMetadata(key: string, document: object, signal: AbortSignal): Promise<void> {
    const text = `${JSON.stringify(document, null, 2)}\n`;
    await this.store.put(key, text, { contentType: 'application/json', cacheControl: 'no-cache', signal });
  }

  /** Takes away whatever a compilation may have stored. */
  async remove(place: FilmPlace, options: CompileOptions, filmSeconds: number): Promise<void> {
    const signal = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
    await inParallel(possibleKeys(place, options, filmSeconds), WIDTH, signal, (key, _index, either) =>
      this.store.delete(key, either),
    );
  }

  private async putFile(
    key: string,
    path: string,
    contentType: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { size } = await stat(path);
    await this.store.putFile(key, path, size, { contentType, cacheControl: CACHE_CONTROL, signal });
    return size;
  }
}

async function segmentsIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.ts')).sort();
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
