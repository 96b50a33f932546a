import type { Writable } from 'node:stream';

/** Gives `stream` a chunk and waits while its buffer is full; a stream that was destroyed takes nothing and waits for nothing. */
export async function feed(stream: Writable, chunk: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const proceed = () => {
      stream.off('drain', proceed).off('close', proceed);
      resolve();
    };
    stream.on('drain', proceed).on('close', proceed);
  });
}
