import { PassThrough, type Readable } from 'node:stream';
import { feed } from './feed.js';
import type { Listener } from './spool.js';

const BUFFER_BYTES = 256 * 1024;

/**
 * An upload fed chunk by chunk beside another reader of the same bytes. Its failure never stops the feeding: `finish`
 * tells of it, and the bytes can then be stored from disk. `cancel` leaves nothing stored.
 */
export class UploadLeg implements Listener {
  private readonly pipe = new PassThrough({ highWaterMark: BUFFER_BYTES });
  private readonly failure: Promise<unknown>;

  constructor(upload: (body: Readable) => Promise<void>) {
    // A cancellation is met through the upload that it fails.
    this.pipe.on('error', () => undefined);
    this.failure = upload(this.pipe).then(
      () => undefined,
      (error: unknown) => {
        this.pipe.destroy();
        return error;
      },
    );
  }

  write(chunk: Buffer): Promise<void> {
    return feed(this.pipe, chunk);
  }

  /** Ends the body and waits for the upload; undefined when the object is stored, else what went wrong. */
  async finish(): Promise<unknown> {
    this.pipe.end();
    return this.failure;
  }

  async cancel(reason: Error): Promise<void> {
    this.pipe.destroy(reason);
    await this.failure;
  }
}
