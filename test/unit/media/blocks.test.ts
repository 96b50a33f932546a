import fc from 'fast-check';
import { inBlocks } from '../../../src/media/blocks.js';

const BLOCK_BYTES = 262_144;

/** Gives each chunk in memory that is used again for the next, as a socket may. */
async function* source(lengths: number[]): AsyncGenerator<Buffer, void, void> {
  let next = 0;
  for (const length of lengths) {
    const chunk = Buffer.from(Array.from({ length }, () => next++ % 251));
    yield await Promise.resolve(chunk);
    chunk.fill(255);
  }
}

describe('bytes in blocks', () => {
  it('are the bytes of the chunks, whatever their sizes, and every block but the last is whole', async () => {
    const sizes = fc.array(
      fc.oneof(fc.nat(300_000), fc.constantFrom(0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1)),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const blocks: Buffer[] = [];
        for await (const block of inBlocks(source(lengths))) blocks.push(block);
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const bytes = Buffer.concat(blocks);
        expect(bytes.length).toBe(total);
        expect(bytes.every((byte, index) => byte === index % 251)).toBe(true);
        expect(blocks.slice(0, -1).every(({ length }) => length === BLOCK_BYTES)).toBe(true);
        expect(blocks.at(-1)?.length).not.toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('end with the fault of their source', async () => {
    async function* failing() {
      yield Buffer.alloc(BLOCK_BYTES + 1);
      await Promise.reject(new Error('gone'));
    }
    const blocks = inBlocks(failing());
    await blocks.next();
    await expect(blocks.next()).rejects.toThrow('gone');
  });
});
