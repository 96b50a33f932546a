import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { announce } from '../outbox/announce.js';
import { insertMessages, outboxRows } from '../outbox/outbox.js';
import type { Message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import {
  predecessors,
  type FinishedPrediction,
  type Job,
  type JobError,
  type JobResult,
  type JobState,
} from './job.js';

export const JOB_COLUMNS = `
  job_id AS "jobId", owner, user_id AS "userId", media_type AS "mediaType", model_id AS "modelId", state, version, parameters,
  provider_model AS "providerModel", provider_version AS "providerVersion", provider_kind AS "providerKind",
  provider_input AS "providerInput", warnings, estimated_cost AS "estimatedCost",
  estimated_time_seconds AS "estimatedTimeSeconds", actual_cost AS "actualCost", attempt, nonce,
  submitted_at AS "submittedAt", replicate_id AS "replicateId", prediction, result, error,
  cancel_requested_at AS "cancelRequestedAt", retried_from AS "retriedFrom", script_id AS "scriptId",
  request_id AS "requestId", traceparent, created_at AS "createdAt", updated_at AS "updatedAt", completed_at AS "completedAt"`;

const OPEN_STATES = `('pending', 'submitting', 'processing', 'storing')`;

/** States in which an attempt is under way: a step to any other has ended one, if only by putting it off. */
const RUNNING_STATES = `('submitting', 'processing', 'storing')`;

/** What the users' endpoints are told of: the jobs of `moved` that are over. */
const ENDED_JOBS = `
  SELECT 'job.' || state AS event, job_id AS subject_id, owner, user_id, completed_at AS at
  FROM moved WHERE state NOT IN ${OPEN_STATES}`;

/** So many rows of a day share what would be one, lest jobs that end together wait for each other. */
const USAGE_SHARDS = 8;

/** The fields of a message's payload that tell what a job goes back to. */
export const ORIGIN = `jsonb_strip_nulls(jsonb_build_object('requestId', request_id, 'traceparent', traceparent))`;

/** How long the outputs of a job that was moved play. */
const PLAYED_SECONDS = `LATERAL (
        SELECT COALESCE(sum((output->>'durationSeconds')::float8), 0) AS seconds
        FROM jsonb_array_elements(COALESCE(result->'outputs', '[]')) output) played`;

const FIND = { name: 'job-find', text: `SELECT ${JOB_COLUMNS} FROM replicate.jobs WHERE job_id = $1` };

const FIND_BY_REPLICATE_ID = {
  name: 'job-find-by-replicate-id',
  text: `SELECT ${JOB_COLUMNS} FROM replicate.jobs WHERE replicate_id = $1`,
};

const OWNER_OF = {
  name: 'job-owner-of',
  text: `SELECT ${JOB_COLUMNS} FROM replicate.jobs WHERE replicate_id = $1 OR job_id = $2
    ORDER BY (replicate_id = $1) IS TRUE DESC LIMIT 1`,
};

const KNOWN_REPLICATE_IDS = {
  name: 'job-known-replicate-ids',
  text: 'SELECT replicate_id AS "replicateId" FROM replicate.jobs WHERE replicate_id = ANY($1)',
};

const VERSIONS = {
  name: 'job-versions',
  text: 'SELECT job_id AS "jobId", version FROM replicate.jobs WHERE job_id = ANY($1)',
};

const TRANSITIONS = {
  name: 'job-transitions',
  text: `SELECT version, at, from_state AS "fromState", to_state AS "toState", cause
    FROM replicate.job_transitions WHERE job_id = $1 ORDER BY version`,
};

const MOVE = {
  name: 'job-move',
  text: `
    WITH before AS (
      SELECT job_id, state FROM replicate.jobs
      WHERE job_id = $1 AND state = ANY($2) AND ($13::uuid IS NULL OR nonce = $13)
        AND ($7::text IS NULL OR NOT EXISTS (
          SELECT FROM replicate.jobs other WHERE other.replicate_id = $7 AND other.job_id <> $1))
      FOR UPDATE),
    moved AS (
      UPDATE replicate.jobs job SET
        state = $3, version = job.version + 1, updated_at = clock_timestamp(),
        completed_at = CASE WHEN $3 IN ${OPEN_STATES} THEN NULL ELSE clock_timestamp() END,
        check_at = clock_timestamp() + $4 * interval '1 second',
        nonce = COALESCE($6, job.nonce),
        attempt = job.attempt + CASE WHEN $6::uuid IS NULL THEN 0 ELSE 1 END,
        submitted_at = CASE WHEN $6::uuid IS NULL THEN job.submitted_at ELSE clock_timestamp() END,
        replicate_id = COALESCE($7, job.replicate_id),
        prediction = COALESCE($8, job.prediction),
        result = COALESCE($9, job.result),
        error = COALESCE($10, job.error),
        actual_cost = COALESCE($11, job.actual_cost)
      FROM before WHERE job.job_id = before.job_id
      RETURNING job.*),
    noted AS (
      INSERT INTO replicate.job_transitions (job_id, version, from_state, to_state, cause)
      SELECT moved.job_id, moved.version, before.state, moved.state, $5 FROM moved JOIN before USING (job_id)),
    used AS (
      INSERT INTO replicate.usage_tracking (job_id, attempt, user_id, model_id, media_type, outcome, estimated_cost,
        actual_cost, outputs, output_seconds, provider_metrics)
      SELECT job_id, attempt, user_id, model_id, media_type, CASE state WHEN 'pending' THEN 'postponed' ELSE state END,
        estimated_cost, COALESCE(actual_cost, 0), COALESCE(jsonb_array_length(result->'outputs'), 0), seconds,
        prediction->'metrics'
      FROM moved, ${PLAYED_SECONDS} WHERE state NOT IN ${RUNNING_STATES}
      ON CONFLICT (job_id, attempt) DO UPDATE SET outcome = excluded.outcome, actual_cost = excluded.actual_cost,
        outputs = excluded.outputs, output_seconds = excluded.output_seconds,
        provider_metrics = excluded.provider_metrics, created_at = excluded.created_at),
    summed AS (
      INSERT INTO replicate.usage_daily AS sums (day, user_id, model_id, owner, script_id, shard, jobs, completed, failed,
        canceled, estimated_cost, actual_cost, seconds)
      SELECT (created_at AT TIME ZONE 'UTC')::date, user_id, model_id, owner, script_id,
        get_byte(uuid_send(job_id), 15) % ${USAGE_SHARDS}, 1, (state = 'completed')::int, (state = 'failed')::int,
        (state = 'canceled')::int, estimated_cost, COALESCE(actual_cost, 0), seconds
      FROM moved, ${PLAYED_SECONDS} WHERE state NOT IN ${OPEN_STATES}
      ON CONFLICT ON CONSTRAINT usage_daily_key DO UPDATE SET jobs = sums.jobs + 1,
        completed = sums.completed + excluded.completed, failed = sums.failed + excluded.failed,
        canceled = sums.canceled + excluded.canceled, estimated_cost = sums.estimated_cost + excluded.estimated_cost,
        actual_cost = sums.actual_cost + excluded.actual_cost, seconds = sums.seconds + excluded.seconds),
    owed AS (
      INSERT INTO replicate.mirror_backlog (job_id, version) SELECT job_id, version FROM moved
      ON CONFLICT (job_id) DO UPDATE SET version = excluded.version, due_at = clock_timestamp()),
    sent AS (${insertMessages('$12', 'moved', ORIGIN)}),
    told AS (${announce(ENDED_JOBS)})
    SELECT ${JOB_COLUMNS} FROM moved`,
};

const REQUEST_CANCEL = {
  name: 'job-request-cancel',
  text: `
    WITH asked AS (
      UPDATE replicate.jobs SET cancel_requested_at = COALESCE(cancel_requested_at, clock_timestamp())
      WHERE job_id = $1 AND state IN ${OPEN_STATES} RETURNING *)
    SELECT ${JOB_COLUMNS} FROM asked`,
};

const TAKE_DUE_CHECKS = {
  name: 'job-take-due-checks',
  text: `
    WITH due AS (
      SELECT job_id FROM replicate.jobs
      WHERE state IN ${OPEN_STATES} AND check_at <= statement_timestamp()
      ORDER BY check_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    pushed AS (
      UPDATE replicate.jobs job SET check_at = clock_timestamp() + $2 * interval '1 second'
      FROM due WHERE job.job_id = due.job_id RETURNING job.job_id, request_id, traceparent)
    INSERT INTO replicate.outbox (name, payload)
    SELECT 'check-job', jsonb_build_object('jobId', job_id) || ${ORIGIN} FROM pushed
    ON CONFLICT DO NOTHING RETURNING message_id`,
};

const POSTPONE_CHECK = {
  name: 'job-postpone-check',
  text: `UPDATE replicate.jobs SET check_at = clock_timestamp() + $2 * interval '1 second'
    WHERE job_id = $1 AND state IN ${OPEN_STATES}`,
};

/** A step of a job to the state `to`; it happens only from one of the states that may precede it. */
export interface Move {
  jobId: string;
  to: JobState;
  /** Narrows the states it may start from. */
  from?: JobState[];
  /** Narrows it to this attempt: what became of an old one is no news of the present one. */
  ofNonce?: string | null;
  /** What brought it about: `request`, `worker`, `webhook <id>`, `poll`, `cancel`. */
  cause: string;
  /** When to look again if nothing else happens; none for final states. */
  checkAfterSeconds?: number;
  /** Starts a new attempt at the provider. */
  nonce?: string;
  replicateId?: string;
  prediction?: FinishedPrediction;
  result?: JobResult;
  error?: JobError;
  actualCost?: string;
  /** Messages stored with the step. */
  messages?: Message[];
}

/** A past step of a job. */
export interface JobTransition {
  version: number;
  at: Date;
  fromState: JobState;
  toState: JobState;
  cause: string;
}

/**
 * The SQL of jobs. Every change of a job is one statement with what follows from it: the note of the step, the messages,
 * the mirrors' arrears and, when an attempt is over, what it used and whom to tell.
 */
@Injectable()
export class JobsRepository {
  constructor(private readonly database: Database) {}

  async find(jobId: string): Promise<Job | undefined> {
    const [job] = await this.database.query<Job>(FIND, [jobId]);
    return job;
  }

  async findByReplicateId(replicateId: string): Promise<Job | undefined> {
    const [job] = await this.database.query<Job>(FIND_BY_REPLICATE_ID, [replicateId]);
    return job;
  }

  /** The job that has the prediction, or, while none has, the job of the given id. */
  async ownerOf(replicateId: string, jobId: string): Promise<Job | undefined> {
    const [job] = await this.database.query<Job>(OWNER_OF, [replicateId, jobId]);
    return job;
  }

  /** Those of the given prediction ids that belong to a job. */
  async knownReplicateIds(replicateIds: string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ replicateId: string }>(KNOWN_REPLICATE_IDS, [replicateIds]);
    return new Set(rows.map((row) => row.replicateId));
  }

  async versions(jobIds: string[]): Promise<{ jobId: string; version: number }[]> {
    return this.database.query(VERSIONS, [jobIds]);
  }

  /** The job's steps, oldest first; its acceptance is not among them. */
  async transitions(jobId: string): Promise<JobTransition[]> {
    return this.database.query(TRANSITIONS, [jobId]);
  }

  /** Takes the step if the job still stands where it may start; else returns undefined and changes nothing. */
  async move(move: Move): Promise<Job | undefined> {
    const [job] = await this.database.query<Job>(MOVE, moveValues(move));
    return job;
  }

  /** The same within a transaction. */
  async moveWithin(manager: EntityManager, move: Move): Promise<Job | undefined> {
    const [job] = await manager.query<Job[]>(MOVE.text, moveValues(move));
    return job;
  }

  /** Notes that the job shall be canceled; undefined when it is unknown or over. */
  async requestCancel(jobId: string): Promise<Job | undefined> {
    const [job] = await this.database.query<Job>(REQUEST_CANCEL, [jobId]);
    return job;
  }

  /** Lets an open job be until `seconds` from now. */
  async postponeCheck(jobId: string, seconds: number): Promise<void> {
    await this.database.query(POSTPONE_CHECK, [jobId, seconds]);
  }

  /** Sends a `check-job` message for up to `limit` jobs whose time has come; returns how many. */
  async sendDueChecks(limit: number, againAfterSeconds: number): Promise<number> {
    const rows = await this.database.query(TAKE_DUE_CHECKS, [limit, againAfterSeconds]);
    return rows.length;
  }
}

function moveValues(move: Move): unknown[] {
  const { jobId, to, messages = [] } = move;
  const allowed = predecessors(to).filter((state) => !move.from || move.from.includes(state));
  return [
    jobId,
    allowed,
    to,
    move.checkAfterSeconds ?? null,
    move.cause,
    move.nonce ?? null,
    move.replicateId ?? null,
    move.prediction ?? null,
    move.result ?? null,
    move.error ?? null,
    move.actualCost ?? null,
    outboxRows(messages),
    move.ofNonce ?? null,
  ];
}
