import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import { statesOf, type Job, type JobStatus } from './job.js';
import { JOB_COLUMNS } from './jobs.repository.js';

/** Which jobs to list; all given conditions hold together. */
export interface JobFilter {
  owner?: string;
  userId?: string;
  status?: JobStatus;
  mediaType?: string;
  modelId?: string;
  scriptId?: string;
  /** Created at or after. */
  from?: Date;
  /** Created before. */
  to?: Date;
}

/** The place of a job in the list, newest first. */
export interface JobPosition {
  createdAt: string;
  jobId: string;
}

/** Pages of jobs by keyset: as quick at the end of the list as at its beginning, and stable under inserts. */
@Injectable()
export class JobListRepository {
  constructor(private readonly database: Database) {}

  /** Up to `limit` jobs that come after the position. */
  async list(filter: JobFilter, after: JobPosition | undefined, limit: number): Promise<Job[]> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = [
      filter.owner !== undefined && `owner = ${place(filter.owner)}`,
      filter.userId && `user_id = ${place(filter.userId)}`,
      filter.scriptId && `script_id = ${place(filter.scriptId)}`,
      filter.status && `state = ANY(${place(statesOf(filter.status))})`,
      filter.mediaType && `media_type = ${place(filter.mediaType)}`,
      filter.modelId && `model_id = ${place(filter.modelId)}`,
      filter.from && `created_at >= ${place(filter.from)}`,
      filter.to && `created_at < ${place(filter.to)}`,
      after && `(created_at, job_id) < (${place(after.createdAt)}::timestamptz, ${place(after.jobId)}::uuid)`,
    ].filter(Boolean);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const text = `SELECT ${JOB_COLUMNS} FROM replicate.jobs ${where}
      ORDER BY created_at DESC, job_id DESC LIMIT ${place(limit)}`;
    return this.database.query<Job>({ text }, values);
  }
}
