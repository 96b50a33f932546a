import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import type { Job } from './job.js';
import { JOB_COLUMNS } from './jobs.repository.js';

/** Above the longest time-out of a mirror's write: until then nobody else takes the job. */
const LEASE_SECONDS = 10;

const ANY_DUE = {
  name: 'mirror-backlog-any-due',
  text: 'SELECT 1 FROM replicate.mirror_backlog WHERE due_at <= statement_timestamp() LIMIT 1',
};

const TAKE_DUE = {
  name: 'mirror-backlog-take-due',
  text: `
    WITH due AS (
      SELECT job_id FROM replicate.mirror_backlog WHERE due_at <= statement_timestamp()
      ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE replicate.mirror_backlog backlog SET due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds'
      FROM due WHERE backlog.job_id = due.job_id RETURNING backlog.job_id)
    SELECT ${JOB_COLUMNS} FROM replicate.jobs WHERE job_id IN (SELECT job_id FROM taken)`,
};

const REMOVE = {
  name: 'mirror-backlog-remove',
  text: `
    WITH done AS (SELECT * FROM unnest($1::uuid[], $2::integer[]) done (job_id, version)),
    removed AS (
      DELETE FROM replicate.mirror_backlog backlog USING done
      WHERE backlog.job_id = done.job_id AND backlog.version <= done.version)
    UPDATE replicate.mirror_backlog backlog SET due_at = clock_timestamp() FROM done
    WHERE backlog.job_id = done.job_id AND backlog.version > done.version`,
};

const POSTPONE = {
  name: 'mirror-backlog-postpone',
  text: `UPDATE replicate.mirror_backlog SET due_at = clock_timestamp() + $2 * interval '1 second'
    WHERE job_id = ANY($1)`,
};

/** The jobs whose mirrors are behind: a row a job, written with its step and removed when both mirrors have it. */
@Injectable()
export class MirrorBacklogRepository {
  constructor(private readonly database: Database) {}

  /** Up to `limit` jobs as they stand now, kept from others for 10 s. */
  async take(limit: number): Promise<Job[]> {
    const due = await this.database.query(ANY_DUE, []);
    return due.length === 0 ? [] : this.database.query<Job>(TAKE_DUE, [limit]);
  }

  /** Notes that the mirrors have these states of the jobs; a job that moved on meanwhile stays, and is due at once. */
  async remove(jobs: Job[]): Promise<void> {
    await this.database.query(REMOVE, [jobs.map(({ jobId }) => jobId), jobs.map(({ version }) => version)]);
  }

  async postpone(jobs: Job[], seconds: number): Promise<void> {
    await this.database.query(POSTPONE, [jobs.map(({ jobId }) => jobId), seconds]);
  }
}
