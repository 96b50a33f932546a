import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import type { JobState } from './job.js';

/** How many jobs of a model stand in a state, and what those that ended took together (seconds from acceptance). */
export interface JobFigure {
  mediaType: string;
  modelId: string;
  state: JobState;
  jobs: number;
  seconds: number;
}

const FIGURES = {
  name: 'job-figures',
  text: `
    SELECT media_type AS "mediaType", model_id AS "modelId", state, count(*)::int AS jobs,
      sum(extract(epoch FROM completed_at - created_at))::float8 AS seconds
    FROM replicate.jobs WHERE state IN ('completed', 'failed', 'canceled') GROUP BY media_type, model_id, state
    UNION ALL
    SELECT media_type, model_id, state, count(*)::int, 0
    FROM replicate.jobs WHERE state IN ('pending', 'submitting', 'processing', 'storing')
    GROUP BY media_type, model_id, state`,
};

const OLDEST_OPEN = {
  name: 'job-oldest-open',
  text: `SELECT COALESCE(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS seconds
    FROM replicate.jobs WHERE state IN ('pending', 'submitting', 'processing', 'storing')`,
};

/** The figures of all jobs, for who watches the service. */
@Injectable()
export class JobFiguresRepository {
  constructor(private readonly database: Database) {}

  /** A row for each model and state that has jobs. */
  async all(): Promise<JobFigure[]> {
    return this.database.query<JobFigure & Record<string, unknown>>(FIGURES, []);
  }

  /** The age in seconds of the oldest job that has not ended; 0 when all have. */
  async oldestOpenSeconds(): Promise<number> {
    const [oldest] = await this.database.query<{ seconds: number }>(OLDEST_OPEN, []);
    return oldest?.seconds ?? 0;
  }
}
