/** Larger blocks fall out of the processor's cache before disk and network take them, smaller ones cost more calls. */
const BLOCK_BYTES = 256 * 1024;

/** The bytes of chunks of any size in blocks of 256 KiB, the last one shorter; each lies in memory of its own. */
export async function* inBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(block, filled, at);
      at += taken;
      filled += taken;
      if (filled < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
