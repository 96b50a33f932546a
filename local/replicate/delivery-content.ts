import { createReadStream } from 'node:fs';
import type { Delivery } from './deliveries.js';

const zeros = Buffer.alloc(65_536);

/** Bytes `first` to `last`, both included, of a delivery: its file, then padding that decoders skip. Nothing is held in memory. */
export async function* readDelivery(
  { file, totalBytes }: Delivery,
  first: number,
  last: number,
): AsyncGenerator<Buffer> {
  if (first < file.bytes) {
    const stream = createReadStream(file.path, { start: first, end: Math.min(last, file.bytes - 1) });
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  }
  const head = paddingHead(file.extension, totalBytes - file.bytes);
  const headEnd = file.bytes + head.length;
  if (last >= file.bytes && first < headEnd) {
    yield head.subarray(Math.max(0, first - file.bytes), last + 1 - file.bytes);
  }
  for (let at = Math.max(first, headEnd); at <= last; at += zeros.length) {
    yield zeros.subarray(0, Math.min(zeros.length, last + 1 - at));
  }
}

/** What makes the padding valid: a `free` box of MP4, a `JUNK` chunk of WAV; other formats ignore what follows their end. */
function paddingHead(extension: string, bytes: number): Buffer {
  if (extension === 'mp4' && bytes >= 16) {
    const box = Buffer.alloc(16);
    box.writeUInt32BE(1, 0);
    box.write('free', 4);
    box.writeBigUInt64BE(BigInt(bytes), 8);
    return box;
  }
  if (extension === 'wav' && bytes >= 8) {
    const chunk = Buffer.alloc(8);
    chunk.write('JUNK', 0);
    chunk.writeUInt32LE(Math.min(bytes - 8, 0xffffffff), 4);
    return chunk;
  }
  return Buffer.alloc(0);
}
