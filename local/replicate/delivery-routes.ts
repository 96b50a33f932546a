import type { Delivery } from './deliveries.js';
import { readDelivery } from './delivery-content.js';
import type { DownloadEntry } from './delivery-stream.js';
import { begin, counted, stream } from './delivery-stream.js';
import { ApiError, fileNotFound, missingToken } from './errors.js';
import { faultAnswer } from './fault-answers.js';
import { sendFaulty } from './faulty-delivery.js';
import type { Exchange, Route } from './http.js';
import { header } from './http.js';
import type { Simulator } from './simulator.js';

interface Span {
  first: number;
  last: number;
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

function readRange(range: string | undefined, totalBytes: number): Span | 'outside' | undefined {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!asked || (asked[1] === '' && asked[2] === '')) return undefined;
  const [from, to] = [asked[1] ?? '', asked[2] ?? ''];
  const first = from === '' ? Math.max(0, totalBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? totalBytes - 1 : Math.min(Number(to), totalBytes - 1);
  return first > last ? 'outside' : { first, last };
}
