import fc from 'fast-check';

import { ChunkParser, type ChunkEvent } from '../../../local/s3/chunk-parser.js';

function parse(pieces: Buffer[]): ChunkEvent[] {
  const parser = new ChunkParser();
  const events = pieces.flatMap((piece) => [...parser.push(piece)]);
  parser.end();
  return events;
}

function payloadOf(events: ChunkEvent[]): Buffer {
  return Buffer.concat(events.flatMap((event) => (event.kind === 'data' ? [event.data] : [])));
}

function frame(chunks: Uint8Array[], trailers = ''): Buffer {
  const parts = chunks
    .filter((chunk) => chunk.length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)]);
}

/** Cuts the bytes at the given places, wherever they fall. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('ChunkParser', () => {
  it('finds the same payload and trailers wherever the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (chunks, places) => {
          const bytes = frame(chunks, 'x-amz-checksum-crc32: AAAAAA==\r\n');
          const events = parse(cut(bytes, places));
          expect(payloadOf(events)).toEqual(Buffer.concat(chunks));
          expect(events.filter(({ kind }) => kind === 'trailer')).toEqual([
            { kind: 'trailer', name: 'x-amz-checksum-crc32', value: 'AAAAAA==' },
          ]);
        },
      ),
    );
  });

  it('refuses every body that is cut off before its last chunk', () => {
    const bytes = frame([Buffer.from('hello'), Buffer.from('world')]);
    const lastChunk = bytes.length - '0\r\n\r\n'.length;
    for (let length = 0; length < lastChunk + '0\r\n'.length; length++) {
      expect(() => parse([bytes.subarray(0, length)])).toThrow(
        expect.objectContaining({ code: 'IncompleteBody' }),
      );
    }
  });

  it('never throws anything but a refusal on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (pieces) => {
        try {
          parse(pieces.map((piece) => Buffer.from(piece)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'S3Error', code: 'IncompleteBody' });
        }
      }),
    );
  });

  it.each([
    ['a size that is not hexadecimal', 'xyz\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a size that would overflow', 'fffffffffffffffff\r\n'],
    ['a line that ends in LF alone', '5\nhello\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['data after the end', '0\r\n\r\nmore'],
    ['a line without end', 'a'.repeat(5000)],
    ['a trailer without a name', '0\r\n: value\r\n\r\n'],
    ['more trailers than anyone needs', `0\r\n${`a: ${'b'.repeat(4000)}\r\n`.repeat(5)}\r\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parse([Buffer.from(text)])).toThrow(expect.objectContaining({ code: 'IncompleteBody' }));
  });

  it('passes chunk signatures on', () => {
    const signature = 'ab'.repeat(32);
    const [first] = parse([Buffer.from(`0;chunk-signature=${signature}\r\n\r\n`)]);
    expect(first).toEqual({ kind: 'chunk', size: 0, signature });
  });
});
