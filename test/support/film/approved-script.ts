import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clip } from '../../../src/compilation/clip.js';
import { currentHashes } from '../../../src/scripts/plan-scenes.js';
import type { Section } from '../../../src/scripts/script.js';
import { registry } from '../../unit/models/registry-file.js';

/** A script in the database whose sections have approved takes with stored files. */
export interface ApprovedScript {
  scriptId: string;
  userId: string;
}

/** Writes a script and, for each stored clip, a section with a completed job and an approved take. */
export async function approvedScript(
  database: Pool,
  clips: Clip[],
  userId = 'films',
): Promise<ApprovedScript> {
  const scriptId = randomUUID();
  await database.query(
    `INSERT INTO replicate.scripts (script_id, user_id, title, defaults) VALUES ($1, $2, 'A film', '{"parameters": {}}')`,
    [scriptId, userId],
  );
  const sections = clips.map(sectionOf);
  const now = new Date();
  const script = {
    ...{ scriptId, owner: null, userId, title: 'A film', seed: null },
    ...{ defaults: { parameters: {} }, version: 1 },
  };
  const whole = { script: { ...script, createdAt: now, updatedAt: now }, sections, characters: new Map() };
  const hashes = currentHashes(registry, whole);
  for (const [position, clip] of clips.entries()) {
    const { sectionId, prompt, title, narration } = sections[position]!;
    await database.query(
      `INSERT INTO replicate.script_sections
         (section_id, script_id, position, title, narration, prompt, media_type, model_id, parameters, character_ids)
       VALUES ($1, $2, $3, $4, $5, $6, 'video', 'wan-2.5-t2v', '{}', '{}')`,
      [sectionId, scriptId, position, title, narration, prompt],
    );
    await storedJob(database, clip, 'video', userId);
    await database.query(
      `INSERT INTO replicate.takes (video_id, script_id, section_id, job_id, take, input_hash, approval)
       VALUES ($1, $2, $3, $4, 1, $5, 'approved')`,
      [clip.videoId, scriptId, sectionId, clip.jobId, hashes.get(sectionId)],
    );
  }
  return { scriptId, userId };
}

/** Writes a completed job whose output is the stored file. */
export async function storedJob(
  database: Pool,
  file: Pick<
    Clip,
    | 'jobId'
    | 'objectKey'
    | 'contentType'
    | 'bytes'
    | 'sha256'
    | 'width'
    | 'height'
    | 'durationSeconds'
    | 'signature'
  >,
  mediaType: 'video' | 'audio',
  userId = 'films',
): Promise<void> {
  await database.query(
    `INSERT INTO replicate.jobs (job_id, user_id, media_type, model_id, state, parameters, provider_kind,
       provider_input, estimated_cost, estimated_time_seconds, completed_at)
     VALUES ($1, $2, $3, 'wan-2.5-t2v', 'completed', '{}', 'official', '{}', 0, 1, clock_timestamp())`,
    [file.jobId, userId, mediaType],
  );
  await database.query(
    `INSERT INTO replicate.media_outputs
       (job_id, output_index, object_key, file_size, content_type, sha256, width, height, duration_seconds, signature)
     VALUES ($1, 0, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[file.jobId, file.objectKey, file.bytes, file.contentType, file.sha256, file.width, file.height],
      ...[file.durationSeconds, JSON.stringify(file.signature)],
    ],
  );
}

function sectionOf({ sectionId, title, narration }: Clip): Section {
  return {
    ...{ sectionId, title, narration, prompt: 'A scene', mediaType: 'video', modelId: 'wan-2.5-t2v' },
    ...{ parameters: {}, characterIds: [] },
  };
}
