import { paired, type Bound, type Row } from './figures.js';
import type { LoadRequest, LoadResult } from './load.js';
import type { MeasuredProcess } from './measured-process.js';

export const CONNECTIONS = 32;

/** What one round of load showed. */
export interface LoadRound extends LoadResult {
  amount: number;
  /** Of the server's process. */
  cpuMicrosecondsPerRequest: number;
}

/** A server under load and the request it is asked. */
export interface LoadTarget {
  server: MeasuredProcess;
  request: Omit<LoadRequest, 'connections' | 'amount'>;
}

/** Sends `amount` requests and tells what they cost the server. */
export async function loadRound(
  generator: MeasuredProcess,
  { server, request }: LoadTarget,
  amount: number,
): Promise<LoadRound> {
  const before = await server.usage();
  const load: LoadRequest = { ...request, connections: CONNECTIONS, amount };
  const result = await generator.ask<LoadResult>(load, 'result');
  const after = await server.usage();
  const cpuMicrosecondsPerRequest = (after.cpuMicroseconds - before.cpuMicroseconds) / amount;
  return { ...result, amount, cpuMicrosecondsPerRequest };
}

/** Warms the server up for a few seconds and tells how many requests fill a round of `seconds`. */
export async function amountFor(
  generator: MeasuredProcess,
  target: LoadTarget,
  seconds: number,
): Promise<number> {
  let rate = 0;
  for (const amount of [1_000, 4_000, 4_000]) {
    rate = (await loadRound(generator, target, amount)).requestsPerSecond;
  }
  return Math.max(CONNECTIONS, Math.round(rate * seconds));
}

/** What was wrong in the rounds, if anything. */
export function wrongAnswers(name: string, rounds: LoadRound[]): string[] {
  const wrong = rounds.reduce((sum, round) => sum + round.wrong, 0);
  const total = rounds.reduce((sum, round) => sum + round.amount, 0);
  return wrong === 0 ? [] : [`${name}: ${wrong} of ${total} answers were wrong or missing`];
}

/** Requests a second (judged), CPU and latency of two servers' paired rounds. */
export function loadRows(name: string, ours: LoadRound[], comparator: LoadRound[], bound: Bound): Row[] {
  const row = (label: string, pick: (round: LoadRound) => number, judged?: Bound) =>
    paired(label, ours.map(pick), comparator.map(pick), judged);
  return [
    row(`${name}, requests/s`, (round) => round.requestsPerSecond, bound),
    row('  CPU µs per request', (round) => round.cpuMicrosecondsPerRequest),
    row('  p50 ms', (round) => round.p50Ms),
    row('  p99 ms', (round) => round.p99Ms),
  ];
}
