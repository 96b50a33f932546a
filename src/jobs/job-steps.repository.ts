import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import type { Job } from './job.js';
import { JOB_COLUMNS } from './jobs.repository.js';

const START_STORING = {
  name: 'job-start-storing',
  text: `
    WITH started AS (
      UPDATE replicate.jobs
      SET storing_starts = storing_starts + 1, check_at = clock_timestamp() + $2 * interval '1 second'
      WHERE job_id = $1 AND state = 'storing' RETURNING *)
    SELECT ${JOB_COLUMNS}, storing_starts AS starts FROM started`,
};

const NOTE_FAILED_STORING = {
  name: 'job-note-failed-storing',
  text: `
    UPDATE replicate.jobs SET storing_starts = 0, source_faults = source_faults + $2::int
    WHERE job_id = $1 AND state = 'storing'
    RETURNING source_faults AS "sourceFaults", extract(epoch FROM clock_timestamp() - updated_at)::float8 AS seconds`,
};

const SUBMISSION_AGE = {
  name: 'job-submission-age',
  text: `SELECT extract(epoch FROM clock_timestamp() - submitted_at)::float8 AS seconds
    FROM replicate.jobs WHERE job_id = $1`,
};

/** Spread over some seconds, so that thousands of jobs do not come at once. */
const CHECK_WAITING_SOON = {
  name: 'job-check-waiting-soon',
  text: `
    UPDATE replicate.jobs SET check_at = LEAST(check_at, clock_timestamp() + random() * interval '5 seconds')
    WHERE state IN ('pending', 'storing') RETURNING 1`,
};

/** How storing a job's outputs has gone so far. */
export interface FailedStoring {
  sourceFaults: number;
  seconds: number;
}

/** What workers note and ask about the step that a job is at, besides moving it. */
@Injectable()
export class JobStepsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Notes that storing the job's outputs begins, and gives the job time for it; undefined when it is not to be stored.
   * `starts` counts this one and those before it since the last that came to an end.
   */
  async startStoring(
    jobId: string,
    checkAfterSeconds: number,
  ): Promise<(Job & { starts: number }) | undefined> {
    const values = [jobId, checkAfterSeconds];
    const [job] = await this.database.query<Job & { starts: number }>(START_STORING, values);
    return job;
  }

  /**
   * Notes that storing came to an end, if not to a good one: it does not end its worker. Tells how often that was the
   * fault of the outputs' source, and for how long (`seconds`) the job has been storing; undefined when it no longer is.
   */
  async noteFailedStoring(jobId: string, ofSource: boolean): Promise<FailedStoring | undefined> {
    const [failed] = await this.database.query<FailedStoring>(NOTE_FAILED_STORING, [jobId, ofSource ? 1 : 0]);
    return failed;
  }

  /** Has every job looked at soon that waits for a message; returns how many. */
  async checkWaitingSoon(): Promise<number> {
    return (await this.database.query(CHECK_WAITING_SOON, [])).length;
  }

  /** Seconds since the job's last attempt began, by the database's clock; 0 before the first. */
  async submissionAge(jobId: string): Promise<number> {
    const [age] = await this.database.query<{ seconds: number | null }>(SUBMISSION_AGE, [jobId]);
    return age?.seconds ?? 0;
  }
}
