import type { Pool } from 'pg';
import { mayFollow, type JobState } from '../../../src/jobs/job.js';
import type { PredictionStatus } from '../../../src/models/prediction.js';
import type { Story } from './story.js';

/** A job must never change hands between predictions, go a step that is none, or change after its end. */
const WATCH = `
  CREATE TABLE replicate.watched (job_id uuid, old_state text, new_state text, old_prediction text, new_prediction text);
  CREATE FUNCTION replicate.watch_job() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO replicate.watched VALUES (NEW.job_id, OLD.state, NEW.state, OLD.replicate_id, NEW.replicate_id);
    RETURN NEW;
  END $$;
  CREATE TRIGGER watch_jobs AFTER UPDATE ON replicate.jobs FOR EACH ROW EXECUTE FUNCTION replicate.watch_job()`;

const FACTS = `
  SELECT job.state, job.replicate_id AS "replicateId",
    (SELECT count(*)::int FROM replicate.outbox
      WHERE name = 'store-outputs' AND payload->>'jobId' = job.job_id::text) AS "storeMessages",
    (SELECT count(*)::int FROM replicate.usage_tracking usage
      WHERE usage.job_id = job.job_id AND outcome <> 'postponed') AS charges,
    (SELECT count(*)::int FROM replicate.webhook_inbox WHERE webhook_id = ANY($2) AND applied_at IS NULL) AS unapplied
  FROM replicate.jobs job WHERE job.job_id = $1`;

const CHANGES = `
  SELECT old_state AS "from", new_state AS "to", old_prediction AS "before", new_prediction AS "after"
  FROM replicate.watched WHERE job_id = $1`;

interface Facts {
  state: JobState;
  replicateId: string | null;
  storeMessages: number;
  charges: number;
  unapplied: number;
}

interface Change {
  from: JobState;
  to: JobState;
  before: string | null;
  after: string | null;
}

/** Has the database write down every change of a job, whoever makes it. */
export async function watchJobs(database: Pool): Promise<void> {
  await database.query(WATCH);
}

/** What is wrong with a job when its story is over; empty when all is as it must be. */
export async function faultsOf(database: Pool, story: Story): Promise<string[]> {
  const { rows: jobs } = await database.query<Facts>(FACTS, [story.jobId, story.webhookIds]);
  const { rows: changes } = await database.query<Change>(CHANGES, [story.jobId]);
  return [...changes.flatMap(wrongChange), ...wrongEnd(jobs[0]!, story)];
}

function wrongChange({ from, to, before, after }: Change): string[] {
  return [
    ...(from !== to && !mayFollow(from, to) ? [`went from ${from} to ${to}`] : []),
    ...(before !== null && before !== after ? [`exchanged prediction ${before} for ${after}`] : []),
  ];
}

function wrongEnd(job: Facts, story: Story): string[] {
  const { state, replicateId, storeMessages, charges, unapplied } = job;
  const expected = expectedStates(replicateId, story);
  const ended = state !== 'storing';
  return [
    ...(expected.includes(state) ? [] : [`is ${state}, not ${expected.join(' or ')}`]),
    ...(storeMessages === (state === 'storing' ? 1 : 0)
      ? []
      : [`is ${state} with ${storeMessages} store-outputs`]),
    ...(ended && charges !== 1 ? [`was charged ${charges} times`] : []),
    ...(unapplied > 0 ? [`${unapplied} webhooks were not applied`] : []),
  ];
}

/** By the end of the prediction that the job has; it has none only if it was canceled before any was known. */
function expectedStates(replicateId: string | null, { ends, canceled }: Story): JobState[] {
  if (replicateId === null) return canceled ? ['canceled'] : [];
  return STATES[ends.get(replicateId) ?? 'starting'].filter((state) => canceled || state !== 'canceled');
}

const STATES: Record<PredictionStatus, JobState[]> = {
  starting: [],
  processing: [],
  succeeded: ['storing'],
  failed: ['failed'],
  canceled: ['failed', 'canceled'],
  aborted: ['failed', 'canceled'],
};
