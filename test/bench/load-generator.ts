import autocannon from 'autocannon';
import type { LoadRequest, LoadResult } from './load.js';
import { quantile } from './statistics.js';

/** How often autocannon looks whether all answers are there. */
const SAMPLE_MS = 20;

process.on('message', (message) => {
  if (message === 'usage') return;
  run(message as LoadRequest).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ fault: String(error) }),
  );
});
process.channel?.ref();
process.send?.({ ready: true });

/** Takes its own times: autocannon ends at its next look, and its latencies are whole milliseconds. */
function run(request: LoadRequest): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const latenciesMs: number[] = [];
    let endedMs = startedMs;
    const options = { ...request, sampleInt: SAMPLE_MS, bailout: 1 };
    const tracker = autocannon(options, (error, result) => {
      if (error) return reject(error instanceof Error ? error : new Error('autocannon failed'));
      const seconds = (endedMs - startedMs) / 1_000;
      const { non2xx, errors, mismatches } = result;
      const answers = latenciesMs.length;
      resolve({
        seconds,
        requestsPerSecond: answers / seconds,
        p50Ms: quantile(latenciesMs, 0.5),
        p99Ms: quantile(latenciesMs, 0.99),
        wrong: non2xx + Math.max(request.amount - answers, mismatches, errors),
      });
    });
    tracker.on('response', (_client, _status, _bytes, latencyMs: number) => {
      latenciesMs.push(latencyMs);
      endedMs = performance.now();
    });
  });
}
