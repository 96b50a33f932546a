import { open, type FileHandle } from 'node:fs/promises';

/**
 * A new file written block by block: while one is on its way to the disk its successor may be made.
 * Faults of the disk are thrown as Node gives them, by the write that meets them or by `end`.
 */
export class SpoolFile {
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly handle: FileHandle) {}

  /** Fails when there is something at the path already. */
  static async create(path: string): Promise<SpoolFile> {
    return new SpoolFile(await open(path, 'wx', 0o600));
  }

  /** Waits while an earlier block is being written; the block must stay as it is. */
  async write(block: Buffer): Promise<void> {
    await this.writing;
    this.writing = this.handle.writeFile(block);
    // Its fault is met by whoever waits for it next.
    this.writing.catch(() => undefined);
  }

  /** Resolves when all is written and the file is closed. */
  async end(): Promise<void> {
    await this.writing;
    await this.handle.close();
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
  }
}
