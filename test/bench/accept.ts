import type { BenchApp } from './bench-app.js';
import type { Section } from './figures.js';
import { IMAGE_ORDER } from './jobs.js';
import { amountFor, CONNECTIONS, loadRound, loadRows, wrongAnswers, type LoadTarget } from './load-round.js';
import type { MeasuredProcess } from './measured-process.js';
import { interleave } from './passes.js';
import type { Plan } from './plan.js';

const COMPARATOR_TABLE = `
  CREATE SCHEMA bench;
  CREATE TABLE bench.accepted (job_id uuid PRIMARY KEY, user_id text NOT NULL, media_type text NOT NULL,
    model_id text NOT NULL, parameters jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp())`;

/** POST /generate-media against one prepared INSERT behind a bare Fastify, same PostgreSQL; the worker must rest. */
export async function benchAccept(
  app: BenchApp,
  generator: MeasuredProcess,
  { passes: count, roundSeconds }: Plan,
): Promise<Section> {
  await app.database.query(COMPARATOR_TABLE);
  const server = app.launch('bare-accept', 'test/bench/comparators/accept-server.js');
  const port = await server.hear<number>('port');
  const request = {
    method: 'POST' as const,
    headers: { ...app.headers, 'content-type': 'application/json' },
    body: JSON.stringify(IMAGE_ORDER),
  };
  const bare: LoadTarget = {
    server,
    request: { ...request, url: `http://127.0.0.1:${port}/generate-media` },
  };
  const ours: LoadTarget = { server: app.api, request: { ...request, url: `${app.url}/generate-media` } };
  try {
    const oursRate = await amountFor(generator, ours, 1);
    const bareRate = await amountFor(generator, bare, 1);
    const amount = Math.round(((oursRate + bareRate) / 2) * roundSeconds);
    const faults: string[] = [];
    const round = (target: LoadTarget, table: string) => async () => {
      const before = await rowsOf(app, table);
      const figures = await loadRound(generator, target, amount);
      const stored = (await rowsOf(app, table)) - before;
      if (stored !== amount) faults.push(`${table}: ${amount} accepted, ${stored} stored`);
      return figures;
    };
    const contenders = { bare: round(bare, 'bench.accepted'), ours: round(ours, 'replicate.jobs') };
    const passes = await interleave(contenders, count);
    faults.push(...(await outboxFaults(app)));
    const kept = passes.filter((pass) => !pass.discarded);
    const oursRounds = kept.map((pass) => pass.figures.ours);
    const bareRounds = kept.map((pass) => pass.figures.bare);
    faults.push(...wrongAnswers('ours', oursRounds), ...wrongAnswers('bare', bareRounds));
    return {
      title: 'Accept: POST /generate-media against bare Fastify + one prepared INSERT',
      notes: [
        `${CONNECTIONS} connections, ${amount} requests a round, ${await durability(app)}`,
        `${passes.length} passes, ${passes.length - kept.length} discarded`,
      ],
      rows: loadRows('accept', oursRounds, bareRounds, { atLeast: 0.5 }),
      faults,
      raw: { amount, passes },
    };
  } finally {
    await server.stop();
    await forgetWaitingJobs(app);
  }
}

async function rowsOf(app: BenchApp, table: string): Promise<number> {
  const { rows } = await app.database.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]!.n);
}

/** Every waiting job has the message that starts it. */
async function outboxFaults(app: BenchApp): Promise<string[]> {
  const { rows } = await app.database.query<{ n: string }>(`
    SELECT count(*) AS n FROM replicate.jobs job WHERE state = 'pending' AND NOT EXISTS (
      SELECT FROM replicate.outbox WHERE name = 'submit-job' AND payload->>'jobId' = job.job_id::text)`);
  const lost = Number(rows[0]!.n);
  return lost === 0 ? [] : [`${lost} accepted jobs have no message to start them`];
}

async function durability(app: BenchApp): Promise<string> {
  const setting = async (name: string) =>
    Object.values((await app.database.query<Record<string, string>>(`SHOW ${name}`)).rows[0]!)[0];
  return `fsync ${await setting('fsync')}, synchronous_commit ${await setting('synchronous_commit')}`;
}

/** A worker that comes back must not start what was only accepted to be counted. */
async function forgetWaitingJobs(app: BenchApp): Promise<void> {
  await app.database.query('TRUNCATE replicate.outbox');
  await app.database.query(`DELETE FROM replicate.jobs WHERE state = 'pending'`);
}
