import { S3Error } from './errors.js';

const MAX_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 16_384;
const CR = 0x0d;
const LF = 0x0a;

/** What a parser found in the bytes it was given. */
export type ChunkEvent =
  | { kind: 'chunk'; size: number; signature: string | undefined }
  | { kind: 'data'; data: Buffer }
  | { kind: 'chunk-end' }
  | { kind: 'trailer'; name: string; value: string };

type State = 'size-line' | 'data' | 'data-end' | 'trailers' | 'done';

const broken = (why: string) => new S3Error('IncompleteBody', `The aws-chunked body is broken: ${why}.`);

/**
 * Takes aws-chunked framing apart: `hexsize[;chunk-signature=…]` CRLF data CRLF … `0` CRLF, trailer lines, CRLF.
 * Bytes may be pushed in pieces of any size; data is passed on without waiting for the chunk's end.
 */
export class ChunkParser {
  private state: State = 'size-line';
  private line: number[] = [];
  private remaining = 0;
  private trailerBytes = 0;

  get done(): boolean {
    return this.state === 'done';
  }

  *push(bytes: Buffer): Generator<ChunkEvent> {
    let position = 0;
    while (position < bytes.length) {
      if (this.state === 'done') throw broken('there is data after its end');
      if (this.state === 'data') {
        const data = bytes.subarray(position, position + this.remaining);
        position += data.length;
        this.remaining -= data.length;
        if (this.remaining === 0) this.state = 'data-end';
        yield { kind: 'data', data };
        continue;
      }
      const line = this.takeByte(bytes[position++] ?? 0);
      if (line !== undefined) yield* this.takeLine(line);
    }
  }

  /** Must be called when no more bytes come: a body without its last chunk was cut off. A final empty line may be missing. */
  end(): void {
    const ended = this.state === 'done' || (this.state === 'trailers' && this.line.length === 0);
    if (!ended) throw broken('it was cut off');
  }

  private takeByte(byte: number): string | undefined {
    if (byte !== LF) {
      this.line.push(byte);
      if (this.line.length > MAX_LINE_BYTES) throw broken('a line is too long');
      return undefined;
    }
    if (this.line.pop() !== CR) throw broken('a line does not end in CRLF');
    const line = Buffer.from(this.line).toString('latin1');
    this.line = [];
    return line;
  }

  private *takeLine(line: string): Generator<ChunkEvent> {
    if (this.state === 'data-end') {
      if (line !== '') throw broken('a chunk is longer than its size says');
      this.state = 'size-line';
      yield { kind: 'chunk-end' };
    } else if (this.state === 'size-line') {
      yield this.takeSizeLine(line);
      if (this.remaining === 0) yield { kind: 'chunk-end' };
    } else if (line === '') {
      this.state = 'done';
    } else {
      yield this.takeTrailer(line);
    }
  }

  private takeSizeLine(line: string): ChunkEvent {
    const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line);
    if (!match?.[1]) throw broken('a chunk size is not hexadecimal');
    const size = parseInt(match[1], 16);
    this.remaining = size;
    this.state = size === 0 ? 'trailers' : 'data';
    return { kind: 'chunk', size, signature: match[2] };
  }

  private takeTrailer(line: string): ChunkEvent {
    this.trailerBytes += line.length;
    const colon = line.indexOf(':');
    if (colon < 1 || this.trailerBytes > MAX_TRAILER_BYTES) throw broken('a trailer is malformed');
    return {
      kind: 'trailer',
      name: line.slice(0, colon).trim().toLowerCase(),
      value: line.slice(colon + 1).trim(),
    };
  }
}
