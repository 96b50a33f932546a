import { PassThrough, type Readable } from 'node:stream';
import { feed } from './feed.js';
import type { Listener } from './spool.js';

const BUFFER_BYTES = 256 * 1024;

/** How an upload ended: the stored object's ETag, or what went wrong. */
export type UploadEnd = { etag: string } | { fault: unknown };

/**
 * An upload fed block by block beside another reader of the same bytes. Its failure never stops the feeding: `finish`
 * tells of it, and the bytes can then be stored from disk. `cancel` leaves nothing stored.
 */
export class UploadLeg implements Listener {
  private readonly pipe = new PassThrough({ highWaterMark: BUFFER_BYTES });
  private readonly end: Promise<UploadEnd>;

  constructor(upload: (body: Readable) => Promise<string>) {
    // A cancellation is met through the upload that it fails.
    this.pipe.on('error', () => undefined);
    this.end = upload(this.pipe).then(
      (etag) => ({ etag }),
      (fault: unknown) => {
        this.pipe.destroy();
        return { fault };
      },
    );
  }

  write(block: Buffer): Promise<void> {
    return feed(this.pipe, block);
  }

  /** Ends the body and waits for the upload. */
  async finish(): Promise<UploadEnd> {
    this.pipe.end();
    return this.end;
  }

  async cancel(reason: Error): Promise<void> {
    this.pipe.destroy(reason);
    await this.end;
  }
}
