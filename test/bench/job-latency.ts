import type { BenchApp } from './bench-app.js';
import { single, type Section } from './figures.js';
import { IMAGE_ORDER, submit, untilStatus } from './jobs.js';
import type { Plan } from './plan.js';
import { quantile } from './statistics.js';

/** What the simulator noted, as far as it is read here. */
interface Ledger {
  creates: { at: string; predictionId: string | null }[];
  predictions: { id: string; createdAt: string; completedAt: string | null }[];
}

/** One job's way, in milliseconds. */
interface Sample {
  /** From the request to the first status that says `completed`, as the client sees it. */
  totalMs: number;
  /** From the 202 to the arrival of the POST at the provider. */
  submitMs: number;
  /** What the provider took to make the picture. */
  providerMs: number;
}

const WARM_UP_JOBS = 5;
/** Fine enough to tell tenths of a second apart. */
const POLL_MS = 5;

/** Image jobs one after the other, each with a picture of its own, against a simulator that does not pretend to think. */
export async function benchJobLatency(app: BenchApp, { jobs }: Plan): Promise<Section> {
  const timed: { replicateId: string; acceptedAtMs: number; totalMs: number }[] = [];
  const faults: string[] = [];
  for (let index = -WARM_UP_JOBS; index < jobs; index += 1) {
    const order = { ...IMAGE_ORDER, prompt: `Picture ${index}`, parameters: { seed: index + WARM_UP_JOBS } };
    const startedMs = performance.now();
    const jobId = await submit(app, order);
    const acceptedAtMs = Date.now();
    const status = await untilStatus(app, jobId, 'completed', { pollMs: POLL_MS });
    const totalMs = performance.now() - startedMs;
    if (!status.result?.fileSize) faults.push(`job ${jobId} completed without a file`);
    if (index >= 0) timed.push({ replicateId: status.replicateId!, acceptedAtMs, totalMs });
  }
  const ledger = await app.call<Ledger>('GET', app.simulator('/_ledger'));
  const samples = timed.map((job): Sample => {
    const creates = ledger.creates.filter(({ predictionId }) => predictionId === job.replicateId);
    const prediction = ledger.predictions.find(({ id }) => id === job.replicateId)!;
    if (creates.length !== 1) faults.push(`prediction ${job.replicateId}: ${creates.length} creates`);
    return {
      totalMs: job.totalMs,
      submitMs: Date.parse(creates[0]!.at) - job.acceptedAtMs,
      providerMs: Date.parse(prediction.completedAt!) - Date.parse(prediction.createdAt),
    };
  });
  const of = (pick: (sample: Sample) => number, share: number) => quantile(samples.map(pick), share);
  return {
    title: 'One image job at a time: from POST to completed, and to the provider',
    notes: [`${jobs} jobs; beside ours, what the simulator took to make the picture`],
    rows: [
      single(
        'POST→completed p50 ms',
        of((job) => job.totalMs, 0.5),
        of((job) => job.providerMs, 0.5),
      ),
      single(
        'POST→completed p99 ms',
        of((job) => job.totalMs, 0.99),
        of((job) => job.providerMs, 0.99),
        {
          atMost: 1_000,
        },
      ),
      single(
        '  less the picture p50',
        of((job) => job.totalMs - job.providerMs, 0.5),
      ),
      single(
        '  less the picture p99',
        of((job) => job.totalMs - job.providerMs, 0.99),
      ),
      single(
        '202→provider p50 ms',
        of((job) => job.submitMs, 0.5),
      ),
      single(
        '202→provider p99 ms',
        of((job) => job.submitMs, 0.99),
        undefined,
        { atMost: 100 },
      ),
    ],
    faults,
    raw: { samples },
  };
}
