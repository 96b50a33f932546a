import type { MigrationInterface, QueryRunner } from 'typeorm';

const OWNED = [
  ['jobs', 'job_id'],
  ['scripts', 'script_id'],
  ['characters', 'character_id'],
] as const;

/** API keys, and whose each job, script, character and compilation is; what was there before is nobody's. */
export class Access1700000000006 implements MigrationInterface {
  readonly name = 'Access1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replicate.api_keys (
        key_id uuid PRIMARY KEY,
        name text NOT NULL,
        prefix text NOT NULL UNIQUE,
        secret_hash bytea NOT NULL,
        scopes text[] NOT NULL,
        user_id text,
        rate_limit_per_hour integer CHECK (rate_limit_per_hour > 0),
        monthly_budget numeric(14, 6) CHECK (monthly_budget >= 0),
        expires_at timestamptz(3),
        last_used_at timestamptz(3),
        revoked_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    for (const [table, id] of OWNED) {
      await runner.query(`ALTER TABLE replicate.${table} ADD COLUMN owner text`);
      await runner.query(`
        CREATE INDEX ${table}_by_owner ON replicate.${table} (owner, created_at DESC, ${id} DESC)
          WHERE owner IS NOT NULL`);
    }
    await runner.query('ALTER TABLE replicate.compilations ADD COLUMN owner text');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['compilations', ...OWNED.map(([owned]) => owned)]) {
      await runner.query(`ALTER TABLE replicate.${table} DROP COLUMN owner`);
    }
    await runner.query('DROP TABLE replicate.api_keys');
  }
}
