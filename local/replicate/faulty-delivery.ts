import { baseUrlOf } from './base-url.js';
import type { Clock } from './clock.js';
import type { Delivery } from './deliveries.js';
import { readDelivery } from './delivery-content.js';
import type { DownloadEntry } from './delivery-stream.js';
import { begin, counted, stream } from './delivery-stream.js';
import { faultAnswer } from './fault-answers.js';
import type { DrawnFault } from './faults.js';
import type { Exchange } from './http.js';
import { cut } from './http.js';

import type { Simulator } from './simulator.js';

/** Serves a delivery as the fault would have it. */
export async function sendFaulty(
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
      return cut(exchange);
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
