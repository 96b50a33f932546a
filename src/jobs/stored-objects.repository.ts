import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../storage/database.js';

const HOLD_STORING = `SELECT FROM replicate.jobs WHERE job_id = $1 AND state = 'storing' FOR UPDATE`;

const NAMED_KEYS = {
  name: 'job-named-keys',
  text: `
    SELECT key FROM replicate.media_outputs,
      unnest(ARRAY[object_key, thumbnail_key, preview_key, waveform_key]) key
    WHERE job_id = $1 AND key IS NOT NULL
    UNION ALL SELECT result->>'metadataKey' FROM replicate.jobs WHERE job_id = $1 AND result IS NOT NULL`,
};

/** Which of a job's objects in the store count. */
@Injectable()
export class StoredObjectsRepository {
  constructor(private readonly database: Database) {}

  /** Runs `work`, which is to be short, only if the job is in `storing`, and holds it there meanwhile. */
  async whileStoring(jobId: string, work: () => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const held = await this.holdStoring(manager, jobId);
      if (held) await work();
      return held;
    });
  }

  /** Holds the job in `storing` until the transaction ends; false when it is not there. */
  async holdStoring(manager: EntityManager, jobId: string): Promise<boolean> {
    return (await manager.query<unknown[]>(HOLD_STORING, [jobId])).length > 0;
  }

  /** The keys that the job's rows name: all of a completed job's objects, none of any other's. */
  async namedKeys(jobId: string): Promise<Set<string>> {
    const rows = await this.database.query<{ key: string }>(NAMED_KEYS, [jobId]);
    return new Set(rows.map(({ key }) => key));
  }
}
