import { createHash } from 'node:crypto';
import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import { inBlocks } from './blocks.js';
import { SNIFF_BYTES } from './content-type.js';
import { networkFault, type SourceAnswer } from './download.js';
import { SpoolFile } from './spool-file.js';

/** What passed: its length, its hash in hex. */
export interface Spooled {
  bytes: number;
  sha256: string;
}

/** Another reader of the same bytes, block by block; a `write` that waits holds back the source. */
export interface Listener {
  write(block: Buffer): Promise<void>;
}

/** An answer whose first bytes have been read, for telling its type before anything is stored. */
export interface PeekedAnswer {
  bytes: number | undefined;
  head: Buffer;
  chunks: AsyncIterable<Buffer>;
}

/** Reads the first bytes of an answer; `chunks` gives them again, then the rest. Throws as `spool` does. */
export async function peek(answer: SourceAnswer, signal: AbortSignal): Promise<PeekedAnswer> {
  const chunks = read(answer, signal);
  let head = Buffer.alloc(0);
  while (head.length < SNIFF_BYTES) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return { bytes: answer.bytes, head, chunks: replay(head, chunks) };
}

/**
 * Writes what comes to a new file and hands it to the listener at the same time, in blocks; hashes and counts it.
 * Throws AppError `output_invalid` for an empty, too long or (retryable) broken-off body, `provider_timeout` for silence;
 * a fault of the disk as Node gives it.
 */
export async function spool(
  source: PeekedAnswer,
  path: string,
  maxBytes: number,
  listener?: Listener,
): Promise<Spooled> {
  const hash = createHash('sha256');
  const file = await SpoolFile.create(path);
  let bytes = 0;
  try {
    for await (const block of inBlocks(source.chunks)) {
      bytes += block.length;
      if (bytes > maxBytes) throw tooLong(maxBytes);
      hash.update(block);
      await Promise.all([file.write(block), listener?.write(block)]);
      crashPoint('output-arriving');
    }
    await file.end();
  } catch (error) {
    await file.abandon();
    throw error;
  }
  if (bytes === 0) throw new AppError('output_invalid', 'The output is empty');
  return { bytes, sha256: hash.digest('hex') };
}

async function* read(answer: SourceAnswer, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  let bytes = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw bodyFault(error, bytes, answer.bytes);
  }
  if (answer.bytes !== undefined && bytes !== answer.bytes) throw brokenOff(bytes, answer.bytes);
}

async function* replay(
  head: Buffer,
  rest: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  if (head.length > 0) yield head;
  yield* rest;
}

function bodyFault(error: unknown, bytes: number, declared: number | undefined): AppError {
  const fault = networkFault(error);
  return fault.code === 'provider_timeout' ? fault : brokenOff(bytes, declared, error);
}

function tooLong(maxBytes: number): AppError {
  return new AppError('output_invalid', `The output has more than the ${maxBytes} bytes allowed`);
}

function brokenOff(bytes: number, declared: number | undefined, cause?: unknown): AppError {
  const of = declared === undefined ? '' : ` of ${declared}`;
  return new AppError('output_invalid', `The output broke off after ${bytes}${of} bytes`, {
    retryable: true,
    cause,
  });
}
