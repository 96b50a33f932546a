import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Scripts and their sections, characters, and the takes that were made of sections. */
export class Scripts1700000000004 implements MigrationInterface {
  readonly name = 'Scripts1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replicate.scripts (
        script_id uuid PRIMARY KEY,
        user_id text NOT NULL,
        title text NOT NULL,
        seed integer,
        defaults jsonb NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query('CREATE INDEX scripts_by_time ON replicate.scripts (created_at DESC, script_id DESC)');
    await runner.query(
      'CREATE INDEX scripts_by_user ON replicate.scripts (user_id, created_at DESC, script_id DESC)',
    );

    await runner.query(`
      CREATE TABLE replicate.script_sections (
        section_id uuid PRIMARY KEY,
        script_id uuid NOT NULL REFERENCES replicate.scripts ON DELETE CASCADE,
        position integer NOT NULL,
        title text,
        narration text,
        prompt text,
        media_type text NOT NULL CHECK (media_type IN ('video', 'image')),
        model_id text,
        parameters jsonb NOT NULL,
        character_ids uuid[] NOT NULL,
        UNIQUE (script_id, position) DEFERRABLE INITIALLY DEFERRED
      )`);
    await runner.query(
      'CREATE INDEX script_sections_by_character ON replicate.script_sections USING gin (character_ids)',
    );

    await runner.query(`
      CREATE TABLE replicate.characters (
        character_id uuid PRIMARY KEY,
        user_id text NOT NULL,
        name text NOT NULL,
        description text NOT NULL,
        reference_images text[] NOT NULL,
        seed integer,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query(
      'CREATE INDEX characters_by_time ON replicate.characters (created_at DESC, character_id DESC)',
    );
    await runner.query(
      'CREATE INDEX characters_by_user ON replicate.characters (user_id, created_at DESC, character_id DESC)',
    );

    await runner.query(`
      CREATE TABLE replicate.takes (
        video_id uuid PRIMARY KEY,
        script_id uuid NOT NULL REFERENCES replicate.scripts ON DELETE CASCADE,
        section_id uuid NOT NULL REFERENCES replicate.script_sections ON DELETE CASCADE,
        job_id uuid NOT NULL UNIQUE REFERENCES replicate.jobs,
        take integer NOT NULL,
        input_hash text NOT NULL,
        approval text NOT NULL DEFAULT 'pending' CHECK (approval IN ('pending', 'approved', 'rejected')),
        comment text,
        reviewed_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (section_id, take)
      )`);
    await runner.query(
      'CREATE INDEX takes_by_script ON replicate.takes (script_id, created_at DESC, video_id DESC)',
    );
    await runner.query(`
      CREATE UNIQUE INDEX one_approved_take_a_section ON replicate.takes (section_id)
        WHERE approval = 'approved'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['takes', 'characters', 'script_sections', 'scripts']) {
      await runner.query(`DROP TABLE replicate.${table}`);
    }
  }
}
