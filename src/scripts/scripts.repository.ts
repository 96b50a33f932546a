import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Script, ScriptDefaults, Section } from './script.js';

const SCRIPT_COLUMNS = `
  script_id AS "scriptId", owner, user_id AS "userId", title, seed, defaults, version, created_at AS "createdAt",
  updated_at AS "updatedAt"`;

const SECTION_COLUMNS = `
  section_id AS "sectionId", title, narration, prompt, media_type AS "mediaType", model_id AS "modelId", parameters,
  character_ids AS "characterIds"`;

/** The place of an entry in a list, newest first. */
export interface Position {
  createdAt: string;
  id: string;
}

/** A page of a list: whose entries and for which user, after which place, and how many at most. */
export interface PageOf {
  /** Of all owners when undefined. */
  owner: string | undefined;
  userId: string | undefined;
  after: Position | undefined;
  limit: number;
}

/** A new script; its sections are stored apart. */
export interface NewScript {
  scriptId: string;
  owner: string | null;
  userId: string;
  title: string;
  seed: number | null;
  defaults: ScriptDefaults;
}

/** The SQL of scripts and their sections. */
@Injectable()
export class ScriptsRepository {
  async find(manager: EntityManager, scriptId: string, lock: '' | 'FOR UPDATE'): Promise<Script | undefined> {
    const text = `SELECT ${SCRIPT_COLUMNS} FROM replicate.scripts WHERE script_id = $1 ${lock}`;
    const [script] = await manager.query<Script[]>(text, [scriptId]);
    return script;
  }

  /** In the order of the script. */
  sections(manager: EntityManager, scriptId: string): Promise<Section[]> {
    const text = `SELECT ${SECTION_COLUMNS} FROM replicate.script_sections WHERE script_id = $1 ORDER BY position`;
    return manager.query<Section[]>(text, [scriptId]);
  }

  /** Up to `limit` scripts after the place, newest first. */
  list(manager: EntityManager, { owner, userId, after, limit }: PageOf): Promise<Script[]> {
    const text = `SELECT ${SCRIPT_COLUMNS} FROM replicate.scripts
      WHERE ($1::text IS NULL OR user_id = $1) AND ($5::text IS NULL OR owner = $5)
        AND ($2::timestamptz IS NULL OR (created_at, script_id) < ($2::timestamptz, $3::uuid))
      ORDER BY created_at DESC, script_id DESC LIMIT $4`;
    return manager.query<Script[]>(text, [
      userId ?? null,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit,
      owner ?? null,
    ]);
  }

  async insert(manager: EntityManager, script: NewScript): Promise<void> {
    await manager.query(
      `INSERT INTO replicate.scripts (script_id, owner, user_id, title, seed, defaults)
      VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        script.scriptId,
        script.owner,
        script.userId,
        script.title,
        script.seed,
        JSON.stringify(script.defaults),
      ],
    );
  }

  async update(manager: EntityManager, { scriptId, title, seed, defaults }: Script): Promise<void> {
    await manager.query(
      `UPDATE replicate.scripts SET title = $2, seed = $3, defaults = $4, version = version + 1,
        updated_at = clock_timestamp() WHERE script_id = $1`,
      [scriptId, title, seed, JSON.stringify(defaults)],
    );
  }

  /** The script's sections and takes go with it; its jobs and their files stay. */
  async remove(manager: EntityManager, scriptId: string): Promise<void> {
    await manager.query('DELETE FROM replicate.scripts WHERE script_id = $1', [scriptId]);
  }

  /** Makes the sections the script's only ones, in this order; those known by id keep their takes. */
  async replaceSections(manager: EntityManager, scriptId: string, sections: Section[]): Promise<void> {
    const kept = sections.map(({ sectionId }) => sectionId);
    await manager.query(
      'DELETE FROM replicate.script_sections WHERE script_id = $1 AND NOT section_id = ANY($2)',
      [scriptId, kept],
    );
    await manager.query(
      `INSERT INTO replicate.script_sections AS section (section_id, script_id, position, title, narration, prompt,
        media_type, model_id, parameters, character_ids)
      SELECT "sectionId", $1, position, title, narration, prompt, "mediaType", "modelId", parameters,
        ARRAY(SELECT jsonb_array_elements_text("characterIds")::uuid)
      FROM jsonb_to_recordset($2) AS given ("sectionId" uuid, position integer, title text, narration text,
        prompt text, "mediaType" text, "modelId" text, parameters jsonb, "characterIds" jsonb)
      ON CONFLICT (section_id) DO UPDATE SET position = excluded.position, title = excluded.title,
        narration = excluded.narration, prompt = excluded.prompt, media_type = excluded.media_type,
        model_id = excluded.model_id, parameters = excluded.parameters, character_ids = excluded.character_ids`,
      [scriptId, JSON.stringify(sections.map((section, position) => ({ ...section, position })))],
    );
  }

  /** The scripts whose sections name the character, by id, locked. */
  lockNaming(manager: EntityManager, characterId: string): Promise<Script[]> {
    const text = `SELECT ${SCRIPT_COLUMNS} FROM replicate.scripts WHERE script_id IN (
        SELECT script_id FROM replicate.script_sections WHERE character_ids @> ARRAY[$1::uuid])
      ORDER BY script_id FOR UPDATE`;
    return manager.query<Script[]>(text, [characterId]);
  }
}
