import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { baseUrlOf } from './base-url.js';
import type { Clock } from './clock.js';
import type { Delivery } from './deliveries.js';
import { readDelivery } from './delivery-content.js';
import { ApiError, fileNotFound, missingToken } from './errors.js';
import { faultAnswer } from './fault-answers.js';
import type { DrawnFault } from './faults.js';
import type { Exchange, Route } from './http.js';
import { header } from './http.js';
import type { Simulator } from './simulator.js';

interface Span {
  first: number;
  last: number;
}

interface DownloadEntry {
  status: number | null;
  bytes: number;
}

/** The delivery host: `/files/…` with ranges and entity tags. */
export function deliveryRoutes(simulator: Simulator): Route[] {
  const answer = (exchange: Exchange) => answerDownload(simulator, exchange);
  const path = /^\/files\/.+$/;
  return [
    { method: 'GET', path, answer },
    { method: 'HEAD', path, answer },
  ];
}

async function answerDownload(simulator: Simulator, exchange: Exchange): Promise<void> {
  const { ledger, deliveries, faults, clock, settings } = simulator;
  const { request, url } = exchange;
  const delivery = deliveries.find(url.pathname);
  const fault = delivery && faults.draw('files', delivery);
  const entry = {
    at: new Date(clock.now()).toISOString(),
    predictionId: delivery?.predictionId ?? null,
    path: url.pathname,
    range: header(request, 'range') ?? null,
    status: null as number | null,
    bytes: 0,
    fault: fault?.kind ?? null,
  };
  ledger.add('downloads', entry);
  try {
    if (settings().deliveryRequiresToken && !header(request, 'authorization')) throw missingToken();
    if (!delivery || fault?.kind === 'not-found') throw fileNotFound();
    if (fault?.kind === 'forbidden') throw new ApiError(403, { detail: 'Access denied' });
    if (fault?.kind === 'error') throw faultAnswer(fault, settings());
    await (fault ? sendFaulty(simulator, exchange, delivery, fault, entry) : send(exchange, delivery, entry));
  } catch (error) {
    if (error instanceof ApiError) entry.status = error.status;
    throw error;
  }
}

async function send(
  { request, response }: Exchange,
  delivery: Delivery,
  entry: DownloadEntry,
): Promise<void> {
  const { totalBytes, file } = delivery;
  const etag = `"${file.sha256Key}-${totalBytes}"`;
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': file.contentType };
  if (header(request, 'if-none-match') === etag) return void begin(response, entry, 304, headers).end();
  const span = readRange(header(request, 'range'), totalBytes);
  if (span === 'outside') {
    return void begin(response, entry, 416, { 'content-range': `bytes */${totalBytes}` }).end();
  }
  const { first, last } = span ?? { first: 0, last: totalBytes - 1 };
  const part: Record<string, string> = span
    ? { 'content-range': `bytes ${first}-${last}/${totalBytes}` }
    : {};
  begin(response, entry, span ? 206 : 200, {
    ...headers,
    ...part,
    'content-length': String(last + 1 - first),
  });
  if (request.method === 'HEAD') return void response.end();
  await stream(response, counted(readDelivery(delivery, first, last), entry));
}

async function sendFaulty(
  simulator: Simulator,
  exchange: Exchange,
  delivery: Delivery,
  fault: DrawnFault<'files'>,
  entry: DownloadEntry,
): Promise<void> {
  const { request, response } = exchange;
  const { file, totalBytes } = delivery;
  const headers = (bytes: number, contentType = file.contentType) => ({
    'content-type': contentType,
    'content-length': String(bytes),
  });
  const whole = (source = delivery) => counted(readDelivery(source, 0, source.totalBytes - 1), entry);
  const half = counted(readDelivery(delivery, 0, Math.floor(totalBytes / 2)), entry);
  switch (fault.kind) {
    case 'reset':
      return void request.socket.resetAndDestroy();
    case 'truncated':
      begin(response, entry, 200, headers(totalBytes));
      for await (const chunk of half) response.write(chunk);
      return void response.write('', () => response.destroy());
    case 'cut-short':
      begin(response, entry, 200, { 'content-type': file.contentType });
      return stream(response, half);
    case 'wrong-length':
      begin(response, entry, 200, headers(fault.bytes ?? totalBytes + 1000));
      for await (const chunk of whole()) response.write(chunk);
      return void response.write('', () => response.destroy());
    case 'wrong-type':
      begin(response, entry, 200, headers(totalBytes, fault.contentType ?? 'application/octet-stream'));
      return stream(response, whole());
    case 'html': {
      const page = '<!doctype html><title>Sign in</title><p>Please sign in.</p>';
      begin(response, entry, 200, headers(Buffer.byteLength(page), 'text/html; charset=utf-8'));
      return void response.end(page);
    }
    case 'empty':
      return void begin(response, entry, 200, headers(0)).end();
    case 'undecodable':
      begin(response, entry, 200, headers(totalBytes));
      return stream(response, counted(noise(totalBytes), entry));
    case 'huge': {
      const bytes = fault.bytes ?? 5 * 2 ** 30;
      begin(response, entry, 200, headers(bytes));
      return stream(response, whole({ ...delivery, totalBytes: bytes }));
    }
    case 'slow':
      begin(response, entry, 200, headers(totalBytes));
      return stream(response, paced(whole(), simulator.clock, fault.bytesPerSecond ?? 1_000));
    case 'redirect': {
      const location = fault.location ?? `${baseUrlOf(simulator, request)}/files/elsewhere`;
      return void begin(response, entry, 302, { location }).end();
    }
    default:
      throw faultAnswer(fault, simulator.settings());
  }
}

function begin(
  response: ServerResponse,
  entry: DownloadEntry,
  status: number,
  headers: Record<string, string>,
): ServerResponse {
  entry.status = status;
  return response.writeHead(status, headers);
}

/** A receiver that goes away in the middle is its own affair. */
async function stream(response: ServerResponse, source: AsyncIterable<Buffer>): Promise<void> {
  await pipeline(Readable.from(source, { objectMode: false }), response).catch(() => undefined);
}

async function* counted(source: AsyncIterable<Buffer>, entry: DownloadEntry): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    entry.bytes += chunk.length;
    yield chunk;
  }
}

async function* paced(
  source: AsyncIterable<Buffer>,
  clock: Clock,
  bytesPerSecond: number,
): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.ceil(bytesPerSecond / 10));
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += step) {
      yield chunk.subarray(at, at + step);
      await clock.sleep(100);
    }
  }
}

async function* noise(bytes: number): AsyncGenerator<Buffer> {
  const block = Buffer.from(
    Array.from({ length: 4096 }, (_, index) => (index * 167 + (index >> 3) * 29) & 0xff),
  );
  for (let left = bytes; left > 0; left -= block.length) yield await Promise.resolve(block.subarray(0, left));
}

function readRange(range: string | undefined, totalBytes: number): Span | 'outside' | undefined {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!asked || (asked[1] === '' && asked[2] === '')) return undefined;
  const [from, to] = [asked[1] ?? '', asked[2] ?? ''];
  const first = from === '' ? Math.max(0, totalBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? totalBytes - 1 : Math.min(Number(to), totalBytes - 1);
  return first > last ? 'outside' : { first, last };
}
