import type { BenchApp } from './bench-app.js';
import { Bucket } from './bucket.js';
import { paired, single, type Row, type Section } from './figures.js';
import { submit, untilStatus, type Status } from './jobs.js';
import type { MeasuredProcess } from './measured-process.js';
import { residentBytes, watchMemory } from './memory-watch.js';
import { interleave } from './passes.js';
import type { Plan } from './plan.js';
import { median } from './statistics.js';

const MEBIBYTE = 1024 * 1024;
const MEMORY_GROWTH_LIMIT_MIB = 64;
/** The clip alone, as often; the middle one tells. */
const CLIP_ROUNDS = 5;

/** The same words and seed each time: the simulator makes the clip once and pads it. */
const CLIP_ORDER = {
  mediaType: 'video',
  modelId: 'wan-2.5-t2v',
  userId: 'bench',
  prompt: 'A padded clip',
  parameters: { duration: 5, size: '832*480', seed: 1 },
};

/** One file carried, by the worker or by the pipe. */
interface Carried {
  megabytesPerSecond: number;
  cpuSecondsPerGigabyte: number;
  residentBefore: number;
  residentPeak: number;
}

interface Parties {
  app: BenchApp;
  worker: MeasuredProcess;
  pipe: MeasuredProcess;
  bucket: Bucket;
  faults: string[];
}

/** A large output on its way through the worker into S3, against one pipe from the same source into the same S3. */
export async function benchStoreOutputs(
  app: BenchApp,
  { storeMebibytes, storePasses }: Plan,
): Promise<Section> {
  const pipe = app.launch('bare-pipe', 'test/bench/comparators/pipe.js');
  await pipe.hear('ready');
  const bucket = new Bucket(app.env);
  const parties: Parties = { app, worker: app.startWorker(), pipe, bucket, faults: [] };
  const rows: Row[] = [];
  const raw: Record<string, unknown> = {};
  try {
    const { result } = await runJob(parties, 0);
    const idle = await residentBytes(parties.worker);
    await carryByWorker(parties, 64 * MEBIBYTE);
    await carryByPipe(parties, 64 * MEBIBYTE);
    const clipSeconds = await clipAlone(parties);
    for (const mebibytes of storeMebibytes) {
      const label = `${mebibytes} MiB`;
      const bytes = mebibytes * MEBIBYTE;
      const passes = await interleave(
        { pipe: () => carryByPipe(parties, bytes), worker: () => carryByWorker(parties, bytes) },
        storePasses,
      );
      const of = (name: 'worker' | 'pipe') => passes.map((pass) => pass.figures[name]);
      rows.push(...sizeRows(label, of('worker'), of('pipe'), bytes / 1e6, clipSeconds));
      if (mebibytes === storeMebibytes.at(-1)) rows.push(...memoryRows(of('worker'), idle));
      raw[label] = passes;
    }
    return {
      title: 'Webhook → stored: the worker against a raw undici → PutObject pipe',
      notes: [
        `${storePasses} passes each, none discarded; from the job's state "storing" to "completed"`,
        `a clip of ${(result!.fileSize / 1e3).toFixed(0)} kB takes ${clipSeconds.toFixed(2)} s (probe, thumbnail, preview, rows)`,
      ],
      rows,
      faults: parties.faults,
      raw: { clipSeconds, ...raw },
    };
  } finally {
    await pipe.stop();
  }
}

/** Seconds that the clip takes when there is hardly a byte to carry. */
async function clipAlone(parties: Parties): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < CLIP_ROUNDS; round += 1) {
    const { jobId } = await runJob(parties, 0);
    seconds.push(await storingSeconds(parties.app, jobId));
  }
  return median(seconds);
}

/** The row that leaves the clip's own work out tells what moving the bytes alone costs. */
function sizeRows(
  label: string,
  worker: Carried[],
  pipe: Carried[],
  megabytes: number,
  clipSeconds: number,
): Row[] {
  const row = (name: string, pick: (carried: Carried) => number, bound?: { atLeast: number }) =>
    paired(name, worker.map(pick), pipe.map(pick), bound);
  return [
    row(`${label}, MB/s`, (carried) => carried.megabytesPerSecond, { atLeast: 0.7 }),
    paired(
      '  less the clip’s work',
      worker.map((carried) => megabytes / (megabytes / carried.megabytesPerSecond - clipSeconds)),
      pipe.map((carried) => carried.megabytesPerSecond),
    ),
    row('  CPU s per GB', (carried) => carried.cpuSecondsPerGigabyte),
  ];
}

/** Growth counts from the worker that has done small jobs only. */
function memoryRows(worker: Carried[], idleBytes: number): Row[] {
  const peak = Math.max(...worker.map((carried) => carried.residentPeak));
  const bound = { atMost: MEMORY_GROWTH_LIMIT_MIB };
  return [
    single('  worker idle, MiB', idleBytes / MEBIBYTE),
    single('  worker peak, MiB', peak / MEBIBYTE),
    single('worker memory growth, MiB', (peak - idleBytes) / MEBIBYTE, undefined, bound),
  ];
}

async function carryByWorker(parties: Parties, bytes: number): Promise<Carried> {
  const { app, worker, bucket, faults } = parties;
  const residentBefore = await residentBytes(worker);
  const memory = watchMemory(worker);
  const before = await worker.usage();
  const { jobId, result } = await runJob(parties, bytes);
  const after = await worker.usage();
  const residentPeak = await memory.stop();
  const key = objectKey(result!.s3Path);
  if (result!.fileSize !== bytes) faults.push(`job ${jobId}: ${result!.fileSize} bytes told, not ${bytes}`);
  if ((await bucket.sha256(key)) !== result!.sha256)
    faults.push(`job ${jobId}: stored bytes differ from its sha256`);
  await bucket.remove(key);
  return carried(bytes, await storingSeconds(app, jobId), before.cpuMicroseconds, after.cpuMicroseconds, {
    residentBefore,
    residentPeak,
  });
}

async function carryByPipe({ app, pipe, bucket, faults }: Parties, bytes: number): Promise<Carried> {
  const source = await sourceOf(app, bytes);
  const key = 'temp/bench-pipe';
  const residentBefore = await residentBytes(pipe);
  const memory = watchMemory(pipe);
  const before = await pipe.usage();
  const seconds = await pipe.ask<number>({ source, key }, 'seconds');
  const after = await pipe.usage();
  const residentPeak = await memory.stop();
  if ((await bucket.bytes(key)) !== bytes) faults.push(`the pipe stored other than ${bytes} bytes`);
  await bucket.remove(key);
  return carried(bytes, seconds, before.cpuMicroseconds, after.cpuMicroseconds, {
    residentBefore,
    residentPeak,
  });
}

function carried(
  bytes: number,
  seconds: number,
  cpuBefore: number,
  cpuAfter: number,
  memory: Pick<Carried, 'residentBefore' | 'residentPeak'>,
): Carried {
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    cpuSecondsPerGigabyte: (cpuAfter - cpuBefore) / 1e6 / (bytes / 1e9),
    ...memory,
  };
}

/** A clip job whose output has `bytes` bytes; 0 leaves it as it was made. */
async function runJob({ app }: Parties, bytes: number): Promise<Status> {
  await app.call('POST', app.simulator('/_settings'), { outputBytes: bytes === 0 ? null : bytes });
  const jobId = await submit(app, CLIP_ORDER);
  return untilStatus(app, jobId, 'completed', { timeoutMs: 120_000 });
}

/** A URL of the simulator that serves `bytes` bytes: that of a prediction made for this. */
async function sourceOf(app: BenchApp, bytes: number): Promise<string> {
  await app.call('POST', app.simulator('/_settings'), { outputBytes: bytes });
  const { prompt, parameters } = CLIP_ORDER;
  const made = await app.call<{ output: string | null }>(
    'POST',
    app.simulator('/v1/models/wan-video/wan-2.5-t2v/predictions'),
    { input: { prompt, ...parameters } },
    { prefer: 'wait=60' },
  );
  return made.output!;
}

async function storingSeconds(app: BenchApp, jobId: string): Promise<number> {
  const { rows } = await app.database.query<{ seconds: string }>(
    `SELECT extract(epoch FROM done.at - begun.at) AS seconds
     FROM replicate.job_transitions begun JOIN replicate.job_transitions done USING (job_id)
     WHERE job_id = $1 AND begun.to_state = 'storing' AND done.to_state = 'completed'`,
    [jobId],
  );
  return Number(rows[0]!.seconds);
}

function objectKey(s3Path: string): string {
  return new URL(s3Path).pathname.slice(1);
}
