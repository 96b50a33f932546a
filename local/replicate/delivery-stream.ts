import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What the ledger learns of a download while it runs. */
export interface DownloadEntry {
  status: number | null;
  bytes: number;
}

export function begin(
  response: ServerResponse,
  entry: DownloadEntry,
  status: number,
  headers: Record<string, string>,
): ServerResponse {
  entry.status = status;
  return response.writeHead(status, headers);
}

/** A receiver that goes away in the middle is its own affair. */
export async function stream(response: ServerResponse, source: AsyncIterable<Buffer>): Promise<void> {
  await pipeline(Readable.from(source, { objectMode: false }), response).catch(() => undefined);
}

export async function* counted(source: AsyncIterable<Buffer>, entry: DownloadEntry): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    entry.bytes += chunk.length;
    yield chunk;
  }
}
