import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Approval, Take } from './script.js';
import type { Position } from './scripts.repository.js';

const SELECT = `
  SELECT take.video_id AS "videoId", job.owner, take.script_id AS "scriptId", take.section_id AS "sectionId",
    take.job_id AS "jobId", take.take, take.input_hash AS "inputHash", take.approval, take.comment,
    take.reviewed_at AS "reviewedAt", take.created_at AS "createdAt", job.state, job.version AS "jobVersion",
    GREATEST(job.updated_at, take.created_at, take.reviewed_at) AS "changedAt",
    (job.parameters->>'seed')::integer AS seed, job.result
  FROM replicate.takes take JOIN replicate.jobs job USING (job_id)`;

/** A take about to be made by a job. */
export interface NewTake {
  videoId: string;
  scriptId: string;
  sectionId: string;
  jobId: string;
  take: number;
  inputHash: string;
}

/** What a reviewer made of a take. */
export interface Review {
  approval: Approval;
  comment: string | null;
}

/** The SQL of takes. Approvals change only while the script's row is locked. */
@Injectable()
export class TakesRepository {
  async find(manager: EntityManager, videoId: string): Promise<Take | undefined> {
    const [take] = await manager.query<Take[]>(`${SELECT} WHERE take.video_id = $1`, [videoId]);
    return take;
  }

  /** All takes of a script, oldest first. */
  ofScript(manager: EntityManager, scriptId: string): Promise<Take[]> {
    const text = `${SELECT} WHERE take.script_id = $1 ORDER BY take.created_at, take.video_id`;
    return manager.query<Take[]>(text, [scriptId]);
  }

  /** Up to `limit` takes of a script after the place, newest first. */
  page(
    manager: EntityManager,
    scriptId: string,
    after: Position | undefined,
    limit: number,
  ): Promise<Take[]> {
    const text = `${SELECT} WHERE take.script_id = $1
        AND ($2::timestamptz IS NULL OR (take.created_at, take.video_id) < ($2::timestamptz, $3::uuid))
      ORDER BY take.created_at DESC, take.video_id DESC LIMIT $4`;
    return manager.query<Take[]>(text, [scriptId, after?.createdAt ?? null, after?.id ?? null, limit]);
  }

  async insertAll(manager: EntityManager, takes: NewTake[]): Promise<void> {
    await manager.query(
      `INSERT INTO replicate.takes (video_id, script_id, section_id, job_id, take, input_hash)
      SELECT "videoId", "scriptId", "sectionId", "jobId", take, "inputHash"
      FROM jsonb_to_recordset($1) AS new ("videoId" uuid, "scriptId" uuid, "sectionId" uuid, "jobId" uuid,
        take integer, "inputHash" text)`,
      [JSON.stringify(takes)],
    );
  }

  async review(manager: EntityManager, videoId: string, { approval, comment }: Review): Promise<void> {
    await manager.query(
      `UPDATE replicate.takes SET approval = $2, comment = $3, reviewed_at = clock_timestamp() WHERE video_id = $1`,
      [videoId, approval, comment],
    );
  }

  /** Takes the approval from the section's takes, the given one excepted. */
  async withdrawOthers(manager: EntityManager, { sectionId, videoId }: Take): Promise<void> {
    await manager.query(
      `UPDATE replicate.takes SET approval = 'pending', comment = NULL, reviewed_at = clock_timestamp()
      WHERE section_id = $1 AND video_id <> $2 AND approval = 'approved'`,
      [sectionId, videoId],
    );
  }

  /** Takes the approval from all takes that were made of something else than their section is now. */
  async withdrawStale(
    manager: EntityManager,
    scriptId: string,
    hashes: ReadonlyMap<string, string>,
  ): Promise<void> {
    await manager.query(
      `UPDATE replicate.takes SET approval = 'pending', comment = NULL, reviewed_at = clock_timestamp()
      WHERE script_id = $1 AND approval = 'approved'
        AND input_hash IS DISTINCT FROM ($2::jsonb ->> section_id::text)`,
      [scriptId, JSON.stringify(Object.fromEntries(hashes))],
    );
  }
}
