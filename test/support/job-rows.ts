import type { Pool } from 'pg';
import { eventually } from './eventually.js';

/** The inner state of a job, finer than its status. */
export async function jobState(database: Pool, jobId: string): Promise<string | undefined> {
  const { rows } = await database.query<{ state: string }>(
    'SELECT state FROM replicate.jobs WHERE job_id = $1',
    [jobId],
  );
  return rows[0]?.state;
}

/** Resolves once the job is in the state, asking no API for it. */
export async function reachedState(
  database: Pool,
  jobId: string,
  state: string,
  timeoutMs = 20_000,
): Promise<void> {
  await eventually(
    () => jobState(database, jobId),
    (seen) => seen === state,
    timeoutMs,
  );
}

/** Makes the job as old as if `seconds` had gone by since it was submitted: its next look is due now. */
export async function letTimePass(database: Pool, jobId: string, seconds: number): Promise<void> {
  await database.query(
    `UPDATE replicate.jobs SET submitted_at = submitted_at - $2 * interval '1 second', check_at = clock_timestamp()
     WHERE job_id = $1`,
    [jobId, seconds],
  );
}

/** How many rows a table holds for the job. */
export async function rowsOf(
  database: Pool,
  table: 'media_outputs' | 'usage_tracking' | 'webhook_inbox',
  jobId: string,
): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM replicate.${table} WHERE job_id = $1`,
    [jobId],
  );
  return rows[0]!.count;
}
