import type { Pool } from 'pg';

export interface JobRow {
  jobId: string;
  state: string;
  version: number;
  replicateId: string | null;
  result: { metadataKey: string } | null;
  errorCode: string | null;
  completedAt: Date | null;
}

export interface OutputRow {
  jobId: string;
  objectKey: string;
  fileSize: number;
  sha256: string;
  outputIndex: number;
  pieceKeys: string[];
}

/** What PostgreSQL holds at rest. */
export interface DatabaseContents {
  jobs: JobRow[];
  outputs: OutputRow[];
  /** What was charged in USD for the end of a job, or for a prediction that no job has. */
  charges: { jobId: string; replicateId: string | null; usd: number }[];
  webhookIds: Set<string>;
  /** Messages that were given up, and why. */
  deadLetters: string[];
  /** Names of the messages still to be sent. */
  outbox: string[];
  /** Steps that do not follow from the one before. */
  brokenHistories: string[];
}

const JOBS = `
  SELECT job_id AS "jobId", state, version, replicate_id AS "replicateId", result, error->>'code' AS "errorCode",
    completed_at AS "completedAt" FROM replicate.jobs`;

const OUTPUTS = `
  SELECT job_id AS "jobId", object_key AS "objectKey", file_size::float8 AS "fileSize", sha256,
    output_index AS "outputIndex",
    array_remove(ARRAY[thumbnail_key, preview_key, waveform_key], NULL) AS "pieceKeys"
  FROM replicate.media_outputs`;

const CHARGES = `
  SELECT job_id AS "jobId", replicate_id AS "replicateId", usage.actual_cost::float8 AS usd
  FROM replicate.usage_tracking usage JOIN replicate.jobs USING (job_id) WHERE outcome <> 'postponed'
  UNION ALL SELECT job_id, replicate_id, cost::float8 FROM replicate.surplus_predictions`;

const DEAD_LETTERS = `
  SELECT concat_ws(' ', name, payload, reason) AS letter FROM replicate.dead_letters`;

/** A history is whole when its versions have no gap, each step starts where the last one ended, and nothing follows an end. */
const BROKEN_HISTORIES = `
  SELECT job_id || ' v' || version AS step FROM (
    SELECT job_id, version, from_state,
      lag(to_state, 1, 'pending') OVER steps AS expected, lag(version, 1, 1) OVER steps + 1 AS next
    FROM replicate.job_transitions WINDOW steps AS (PARTITION BY job_id ORDER BY version)) step
  WHERE from_state <> expected OR version <> next OR from_state IN ('completed', 'failed', 'canceled')`;

export async function readDatabase(pool: Pool): Promise<DatabaseContents> {
  const rows = async <Row extends object>(text: string) => (await pool.query<Row>(text)).rows;
  const webhooks = await rows<{ id: string }>('SELECT webhook_id AS id FROM replicate.webhook_inbox');
  const outbox = await rows<{ name: string }>('SELECT name FROM replicate.outbox');
  const dead = await rows<{ letter: string }>(DEAD_LETTERS);
  const broken = await rows<{ step: string }>(BROKEN_HISTORIES);
  return {
    jobs: await rows<JobRow>(JOBS),
    outputs: await rows<OutputRow>(OUTPUTS),
    charges: await rows<DatabaseContents['charges'][number]>(CHARGES),
    deadLetters: dead.map(({ letter }) => letter),
    webhookIds: new Set(webhooks.map(({ id }) => id)),
    outbox: outbox.map(({ name }) => name),
    brokenHistories: broken.map(({ step }) => step),
  };
}

const UNREST = `
  SELECT (SELECT count(*)::int FROM replicate.jobs WHERE completed_at IS NULL) AS "jobs open",
    (SELECT count(*)::int FROM replicate.outbox WHERE due_at <= clock_timestamp()) AS "messages unsent",
    (SELECT count(*)::int FROM replicate.webhook_inbox WHERE applied_at IS NULL) AS "webhooks not applied",
    (SELECT count(*)::int FROM replicate.mirror_backlog) AS "mirrors behind",
    (SELECT count(*)::int FROM replicate.surplus_predictions WHERE ended_at IS NULL) AS "surplus predictions running"`;

/** What keeps the database from being at rest; empty when nothing does. */
export async function unrest(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<Record<string, number>>(UNREST);
  return Object.entries(rows[0]!).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
}

/** Has what jobs left in the bucket swept now, not hours after their end. */
export async function sweepNow(pool: Pool): Promise<void> {
  await pool.query(`UPDATE replicate.outbox SET due_at = clock_timestamp() WHERE name = 'sweep-outputs'`);
}
