import { open, type FileHandle } from 'node:fs/promises';

/** Larger blocks fall out of the processor's cache before the disk takes them, smaller ones cost more calls. */
const BLOCK_BYTES = 256 * 1024;

/**
 * A new file written block by block from chunks of any size: while one block is on its way to the disk the next fills.
 * Faults of the disk are thrown as Node gives them, by the write that meets them or by `end`.
 */
export class SpoolFile {
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private spare = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private filled = 0;
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly handle: FileHandle) {}

  /** Fails when there is something at the path already. */
  static async create(path: string): Promise<SpoolFile> {
    return new SpoolFile(await open(path, 'wx', 0o600));
  }

  /** Takes a copy of the chunk; waits while both blocks are full. */
  async write(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(this.block, this.filled, at);
      at += taken;
      this.filled += taken;
      if (this.filled === BLOCK_BYTES) await this.passOn();
    }
  }

  /** Resolves when all is written and the file is closed. */
  async end(): Promise<void> {
    await this.passOn();
    await this.writing;
    await this.handle.close();
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
  }

  private async passOn(): Promise<void> {
    await this.writing;
    const full = this.block.subarray(0, this.filled);
    [this.block, this.spare] = [this.spare, this.block];
    this.filled = 0;
    this.writing = this.handle.writeFile(full);
    // Its fault is met by whoever waits for it next.
    this.writing.catch(() => undefined);
  }
}
