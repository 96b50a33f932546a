import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const WRITE_BUFFER_BYTES = 1024 ** 2;
const READ_BUFFER_BYTES = 256 * 1024;

/** A file of `size` bytes that holds one stretch of an object: a multipart object has one a part. */
export interface Segment {
  id: string;
  size: number;
}

/**
 * The files that hold the bytes. Each has a random id, is written once and means nothing until a record names it;
 * what no record names is removed at the next start. A file that is being read is removed when its last reader is done.
 */
export class Bodies {
  private readonly readers = new Map<string, number>();
  private readonly doomed = new Set<string>();

  private constructor(private readonly directory: string) {}

  /** Opens the directory and removes every file whose id is not in `known`. */
  static async open(directory: string, known: ReadonlySet<string>): Promise<Bodies> {
    await mkdir(directory, { recursive: true });
    const leftovers = (await readdir(directory)).filter((id) => !known.has(id));
    for (const id of leftovers) await rm(join(directory, id), { force: true });
    return new Bodies(directory);
  }

  /** Writes a new file with backpressure; nothing is left of it when the source throws. */
  async write(source: AsyncIterable<Uint8Array>): Promise<string> {
    const id = randomUUID();
    const path = join(this.directory, id);
    try {
      await pipeline(source, createWriteStream(path, { flags: 'wx', highWaterMark: WRITE_BUFFER_BYTES }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return id;
  }

  /** The bytes from `start` to `end` (inclusive) of the segments laid end to end. Retain them while reading. */
  async *read(segments: readonly Segment[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { id, size } of segments) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, size - 1);
      offset += size;
      if (from > to) continue;
      const options = { start: from, end: to, highWaterMark: READ_BUFFER_BYTES };
      for await (const chunk of createReadStream(join(this.directory, id), options)) yield chunk as Buffer;
    }
  }

  /** Keeps the files until the returned function is called. */
  retain(segments: readonly Segment[]): () => void {
    for (const { id } of segments) this.readers.set(id, (this.readers.get(id) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      for (const { id } of segments) this.releaseOne(id);
    };
  }

  /** Removes the files, each as soon as nobody reads it. */
  remove(segments: readonly Segment[]): void {
    for (const { id } of segments) {
      if (this.readers.has(id)) this.doomed.add(id);
      else this.unlink(id);
    }
  }

  private releaseOne(id: string): void {
    const left = (this.readers.get(id) ?? 1) - 1;
    if (left > 0) {
      this.readers.set(id, left);
      return;
    }
    this.readers.delete(id);
    if (this.doomed.delete(id)) this.unlink(id);
  }

  /** A file that cannot be removed now is a leftover, which the next start removes. */
  private unlink(id: string): void {
    rm(join(this.directory, id), { force: true }).catch(() => undefined);
  }
}
