import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Films made of scripts' approved takes. */
export class Compilations1700000000005 implements MigrationInterface {
  readonly name = 'Compilations1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replicate.compilations (
        compilation_id uuid PRIMARY KEY,
        script_id uuid NOT NULL,
        user_id text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN
          ('pending', 'processing', 'completed', 'failed', 'canceled')),
        version integer NOT NULL DEFAULT 1,
        percent integer NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
        attempt integer NOT NULL DEFAULT 0,
        options jsonb NOT NULL,
        clips jsonb NOT NULL,
        bed jsonb,
        plan jsonb NOT NULL,
        film jsonb,
        error jsonb,
        run_id uuid,
        leased_until timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        started_at timestamptz(3),
        completed_at timestamptz(3)
      )`);
    await runner.query(`
      CREATE INDEX compilations_by_script ON replicate.compilations (script_id, created_at DESC, compilation_id DESC)`);
    await runner.query(`
      CREATE INDEX open_compilations ON replicate.compilations (updated_at)
        WHERE state IN ('pending', 'processing')`);
    await runner.query(`
      CREATE FUNCTION replicate.refuse_change_of_final_compilation() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'compilation % is % and can no longer change', OLD.compilation_id, OLD.state
          USING ERRCODE = 'check_violation';
      END $$`);
    await runner.query(`
      CREATE TRIGGER final_compilations_are_immutable BEFORE UPDATE ON replicate.compilations FOR EACH ROW
        WHEN (OLD.state IN ('completed', 'failed', 'canceled'))
        EXECUTE FUNCTION replicate.refuse_change_of_final_compilation()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replicate.compilations');
    await runner.query('DROP FUNCTION replicate.refuse_change_of_final_compilation');
  }
}
