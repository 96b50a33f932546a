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
  /** Charges in USD: one for each attempt that ended its job. */
  charges: { jobId: string; usd: number }[];
  webhookIds: Set<string>;
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

const CHARGES = `SELECT job_id AS "jobId", actual_cost::float8 AS usd FROM replicate.usage_tracking`;

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
  const broken = await rows<{ step: string }>(BROKEN_HISTORIES);
  return {
    jobs: await rows<JobRow>(JOBS),
    outputs: await rows<OutputRow>(OUTPUTS),
    charges: await rows<{ jobId: string; usd: number }>(CHARGES),
    webhookIds: new Set(webhooks.map(({ id }) => id)),
    outbox: outbox.map(({ name }) => name),
    brokenHistories: broken.map(({ step }) => step),
  };
}

/** What keeps the database from being at rest; empty when nothing does. */
export async function unrest(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ open: number; outbox: number }>(`
    SELECT (SELECT count(*)::int FROM replicate.jobs WHERE completed_at IS NULL) AS open,
      (SELECT count(*)::int FROM replicate.outbox) AS outbox`);
  const { open, outbox } = rows[0]!;
  return [...(open > 0 ? [`${open} jobs open`] : []), ...(outbox > 0 ? [`${outbox} messages unsent`] : [])];
}
