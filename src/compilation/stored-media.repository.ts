import { Injectable } from '@nestjs/common';
import type { StreamSignature } from '../media/probe.js';
import { Database } from '../storage/database.js';

/** The first stored file of a completed job. */
export interface StoredMedia {
  jobId: string;
  owner: string | null;
  userId: string;
  mediaType: 'image' | 'video' | 'audio';
  objectKey: string;
  contentType: string;
  bytes: number;
  sha256: string;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  signature: StreamSignature | null;
}

const OF_JOBS = {
  name: 'stored-media-of-jobs',
  text: `SELECT job_id AS "jobId", job.owner, job.user_id AS "userId", job.media_type AS "mediaType", object_key AS "objectKey",
      content_type AS "contentType", file_size::float8 AS bytes, sha256, width, height,
      duration_seconds AS "durationSeconds", signature
    FROM replicate.media_outputs JOIN replicate.jobs job USING (job_id)
    WHERE job_id = ANY($1) AND output_index = 0`,
};

/** What compilations read of jobs' stored files. */
@Injectable()
export class StoredMediaRepository {
  constructor(private readonly database: Database) {}

  /** By job id; jobs that have no file are left out. */
  async ofJobs(jobIds: string[]): Promise<Map<string, StoredMedia>> {
    const rows = await this.database.query<StoredMedia>(OF_JOBS, [jobIds]);
    return new Map(rows.map((row) => [row.jobId, row]));
  }
}
