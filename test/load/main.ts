import { setTimeout as sleep } from 'node:timers/promises';
import { startTestApp, type TestApp } from '../support/app.js';

const JOBS = 300;
const CLIENTS = 32;
const USERS = 10;
const TIMEOUT_MS = 180_000;

/** The rate that Replicate grants one account, which the workers keep together. */
const CREATES_PER_SECOND = 10;

/** A burst of jobs on two APIs and two workers: tells how it was taken and drained; exits 1 unless each was made once. */
async function main(): Promise<number> {
  const app = await startTestApp({ apis: 2, workers: 2, simulator: { durationScale: 0 } });
  try {
    await app.simulator.settings({ createsPerMinute: null });
    const startedAt = performance.now();
    const accepted = await burst(app);
    const burstSeconds = (performance.now() - startedAt) / 1_000;
    await drained(app);
    const drainSeconds = (performance.now() - startedAt) / 1_000;
    report(accepted.latenciesMs, burstSeconds, drainSeconds);
    return await countFaults(app, accepted.jobIds);
  } finally {
    await app.stop();
  }
}

async function burst({ apis }: TestApp) {
  const jobIds: string[] = [];
  const latenciesMs: number[] = [];
  let next = 0;
  const client = async () => {
    for (let job = next++; job < JOBS; job = next++) {
      const askedAt = performance.now();
      const userId = `user-${job % USERS}`;
      const request = { mediaType: 'image', modelId: 'flux-schnell', userId, prompt: `Load ${job}` };
      jobIds.push(await apis[job % apis.length]!.generate(request));
      latenciesMs.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { jobIds, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

async function drained({ database }: TestApp): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (Date.now() < deadline) {
    const { rows } = await database.query<{ open: string }>(
      `SELECT count(*) AS open FROM replicate.jobs WHERE completed_at IS NULL`,
    );
    if (process.stdout.isTTY) process.stdout.write(`\r${rows[0]!.open.padStart(5)} jobs open\n\x1b[A`);
    if (rows[0]!.open === '0') return;
    await sleep(500);
  }
  throw new Error(`Jobs are still open after ${TIMEOUT_MS / 1_000} s`);
}

function report(latenciesMs: number[], burstSeconds: number, drainSeconds: number): void {
  const percentile = (share: number) => latenciesMs[Math.ceil(share * latenciesMs.length) - 1]!.toFixed(0);
  const permitted = JOBS / CREATES_PER_SECOND;
  console.log(
    `${JOBS} jobs accepted in ${burstSeconds.toFixed(1)} s; p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
  );
  console.log(`all ended after ${drainSeconds.toFixed(1)} s; the permitted rate alone takes ${permitted} s`);
}

/** Tells what is not as it must be; 0 when every job completed and was created once. */
async function countFaults(app: TestApp, jobIds: string[]): Promise<number> {
  const { rows } = await app.database.query<{ state: string; jobs: string }>(
    'SELECT state, count(*) AS jobs FROM replicate.jobs GROUP BY state',
  );
  const { creates } = await app.simulator.ledger();
  const completed = Number(rows.find(({ state }) => state === 'completed')?.jobs ?? 0);
  console.log(`completed ${completed} of ${jobIds.length}, predictions ${creates.length}`);
  return completed === JOBS && creates.length === JOBS ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
