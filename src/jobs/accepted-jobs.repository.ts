import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { claimKey, claimValues, type Claim } from '../idempotency/idempotency.repository.js';
import { Database } from '../storage/database.js';
import { ORIGIN } from './jobs.repository.js';

/** A job looks lost when nothing was heard of it for this long after acceptance. */
const FIRST_CHECK_SECONDS = 60;

const ORDERED = `jsonb_to_recordset($1) AS job (
    "jobId" uuid, "userId" text, "mediaType" text, "modelId" text, parameters jsonb, "providerModel" text,
    "providerVersion" text, "providerKind" text, "providerInput" jsonb, warnings jsonb, "estimatedCost" numeric,
    "estimatedTimeSeconds" integer, "retriedFrom" uuid, "scriptId" uuid, owner text, "requestId" text, traceparent text)`;

/** Whether no budget limits the job: in one subquery, as of two PostgreSQL makes joins that read every budget there is. */
const UNBOUND = `NOT EXISTS (
    SELECT FROM replicate.budgets WHERE (kind, id) IN (('user', job."userId"), ('owner', job.owner)))`;

/** Inserts the jobs of the JSON array `$1` that `condition` holds for. */
const insertJobs = (condition = 'true') => `
  INSERT INTO replicate.jobs (job_id, user_id, media_type, model_id, parameters, provider_model, provider_version,
    provider_kind, provider_input, warnings, estimated_cost, estimated_time_seconds, retried_from, script_id, owner,
    request_id, traceparent, check_at)
  SELECT "jobId", "userId", "mediaType", "modelId", parameters, "providerModel", "providerVersion", "providerKind",
    "providerInput", warnings, "estimatedCost", "estimatedTimeSeconds", "retriedFrom", "scriptId", owner,
    "requestId", traceparent, clock_timestamp() + interval '${FIRST_CHECK_SECONDS} seconds'
  FROM ${ORDERED} WHERE ${condition}
  RETURNING job_id, request_id, traceparent`;

/** The mirrors are left alone until the job's first step: a status that they lack is read here. */
const SUBMIT_JOBS = `
  INSERT INTO replicate.outbox (name, payload)
  SELECT 'submit-job', jsonb_build_object('jobId', job_id) || ${ORIGIN} FROM accepted RETURNING payload->>'jobId' AS "jobId"`;

const ACCEPT_ALL = `WITH accepted AS (${insertJobs()}) ${SUBMIT_JOBS}`;

const ACCEPT_UNBOUND = {
  name: 'job-accept-unbound',
  text: `WITH accepted AS (${insertJobs(UNBOUND)}) ${SUBMIT_JOBS}`,
};

const ACCEPT_UNBOUND_ONCE = {
  name: 'job-accept-unbound-once',
  text: `
    WITH claimed AS (${claimKey(2, `EXISTS (SELECT FROM ${ORDERED} WHERE ${UNBOUND})`)}),
    accepted AS (${insertJobs('EXISTS (SELECT FROM claimed)')}) ${SUBMIT_JOBS}`,
};

const LOCK_SCRIPT_OF_TAKE = `
  SELECT FROM replicate.scripts JOIN replicate.takes USING (script_id) WHERE job_id = $1 FOR UPDATE OF scripts`;

const REPEAT_TAKE = `
  INSERT INTO replicate.takes (video_id, script_id, section_id, job_id, take, input_hash)
  SELECT $3, script_id, section_id, $2, (
    SELECT max(take) + 1 FROM replicate.takes WHERE section_id = repeated.section_id), input_hash
  FROM replicate.takes repeated WHERE job_id = $1`;

/**
 * A job about to be accepted: what was asked, what the provider will be sent, and what it is estimated to cost. The
 * statements read it as JSON by these very names.
 */
export interface NewJob {
  jobId: string;
  owner: string | null;
  userId: string;
  mediaType: string;
  modelId: string;
  parameters: Record<string, unknown>;
  providerModel: string | null;
  providerVersion: string | null;
  providerKind: string;
  providerInput: Record<string, unknown>;
  warnings: string[];
  estimatedCost: string;
  estimatedTimeSeconds: number;
  retriedFrom?: string;
  scriptId?: string;
  requestId?: string;
  traceparent?: string;
}

/** The SQL by which jobs come to be. */
@Injectable()
export class AcceptedJobsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Stores the jobs that no budget limits, all or none, with the messages that start them; when this resolves they are
   * durable. Returns their ids: the others are to be held to their budgets.
   */
  async acceptUnbound(jobs: NewJob[]): Promise<Set<string>> {
    const accepted = await this.database.query<{ jobId: string }>(ACCEPT_UNBOUND, [JSON.stringify(jobs)]);
    return new Set(accepted.map(({ jobId }) => jobId));
  }

  /**
   * Stores one job under an idempotency key; returns false, with nothing stored, when the key is taken or a budget limits
   * the job.
   */
  async acceptUnboundOnce(job: NewJob, claim: Claim): Promise<boolean> {
    const values = [JSON.stringify([job]), ...claimValues(claim)];
    return (await this.database.query(ACCEPT_UNBOUND_ONCE, values)).length > 0;
  }

  /** Stores the jobs, whatever their budgets, all or none, with the messages that start them. */
  async acceptAllWithin(manager: EntityManager, jobs: NewJob[]): Promise<void> {
    await manager.query(ACCEPT_ALL, [JSON.stringify(jobs)]);
  }

  /** Locks the script that the job made a take for, if it did and the script is still there. */
  async lockScriptOfTake(manager: EntityManager, jobId: string): Promise<void> {
    await manager.query(LOCK_SCRIPT_OF_TAKE, [jobId]);
  }

  /** Makes a stored job the next take of the section that the job `repeated` made a take of, if it did. */
  async repeatTakeWithin(manager: EntityManager, repeated: string, jobId: string): Promise<void> {
    await manager.query(REPEAT_TAKE, [repeated, jobId, uuidv7()]);
  }
}
