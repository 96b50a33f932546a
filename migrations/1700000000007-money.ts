import type { MigrationInterface, QueryRunner } from 'typeorm';

const OPEN = `state IN ('pending', 'submitting', 'processing', 'storing')`;

const DAY = `(job.created_at AT TIME ZONE 'UTC')::date`;

/** Eight rows share what would be one, so that jobs which end together do not wait for each other. */
const SHARD = 'get_byte(uuid_send(job.job_id), 15) % 8';

const OUTCOMES = (outcomes: string[]) => `
  ALTER TABLE replicate.usage_tracking
    DROP CONSTRAINT usage_tracking_outcome_check,
    ADD CONSTRAINT usage_tracking_outcome_check CHECK (outcome IN (${outcomes.map((name) => `'${name}'`).join(', ')}))`;

/** Budgets of users and of owners, usage by day, money that was not spent for nothing, and attempts put off. */
export class Money1700000000007 implements MigrationInterface {
  readonly name = 'Money1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replicate.budgets (
        kind text NOT NULL CHECK (kind IN ('user', 'owner')),
        id text NOT NULL,
        monthly_limit numeric(14, 6) NOT NULL CHECK (monthly_limit >= 0),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (kind, id)
      )`);
    await runner.query(`
      INSERT INTO replicate.budgets (kind, id, monthly_limit)
      SELECT 'owner', 'key:' || key_id, monthly_budget FROM replicate.api_keys WHERE monthly_budget IS NOT NULL`);
    await runner.query('ALTER TABLE replicate.api_keys DROP COLUMN monthly_budget');

    await runner.query(`CREATE INDEX open_jobs_by_user ON replicate.jobs (user_id) WHERE ${OPEN}`);
    await runner.query(`
      CREATE INDEX open_jobs_by_owner ON replicate.jobs (owner) WHERE ${OPEN} AND owner IS NOT NULL`);

    await runner.query(`
      CREATE TABLE replicate.usage_daily (
        day date NOT NULL,
        user_id text NOT NULL,
        model_id text NOT NULL,
        owner text,
        script_id uuid,
        shard smallint NOT NULL,
        jobs integer NOT NULL,
        completed integer NOT NULL,
        failed integer NOT NULL,
        canceled integer NOT NULL,
        estimated_cost numeric(20, 6) NOT NULL,
        actual_cost numeric(20, 6) NOT NULL,
        seconds numeric(20, 3) NOT NULL,
        CONSTRAINT usage_daily_key UNIQUE NULLS NOT DISTINCT (user_id, day, model_id, owner, script_id, shard)
      )`);
    await runner.query(`
      INSERT INTO replicate.usage_daily
      SELECT ${DAY}, job.user_id, job.model_id, owner, script_id, ${SHARD}, count(*),
        count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'failed'),
        count(*) FILTER (WHERE state = 'canceled'), sum(job.estimated_cost), sum(COALESCE(job.actual_cost, 0)),
        COALESCE(sum(used.output_seconds::numeric), 0)
      FROM replicate.jobs job LEFT JOIN replicate.usage_tracking used USING (job_id, attempt)
      WHERE NOT ${OPEN} GROUP BY 1, 2, 3, 4, 5, 6`);
    await runner.query('CREATE INDEX usage_daily_by_day ON replicate.usage_daily (day)');
    await runner.query(`
      CREATE INDEX usage_daily_by_owner ON replicate.usage_daily (owner, day) WHERE owner IS NOT NULL`);

    await runner.query(`
      CREATE VIEW replicate.usage AS
        SELECT day, user_id, model_id, owner, script_id, jobs, completed, failed, estimated_cost, actual_cost,
          0::numeric AS reserved_cost, seconds
        FROM replicate.usage_daily
        UNION ALL
        SELECT ${DAY}, user_id, model_id, owner, script_id, 1, 0, 0, estimated_cost, 0::numeric, estimated_cost, 0::numeric
        FROM replicate.jobs job WHERE ${OPEN}`);

    await runner.query(`
      CREATE TABLE replicate.money_saved (
        day date NOT NULL,
        owner text,
        user_id text,
        reason text NOT NULL CHECK (reason IN ('refused', 'replayed', 'reused')),
        requests integer NOT NULL,
        amount numeric(20, 6) NOT NULL,
        CONSTRAINT money_saved_key UNIQUE NULLS NOT DISTINCT (day, owner, user_id, reason)
      )`);

    await runner.query(OUTCOMES(['completed', 'failed', 'canceled', 'postponed']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM replicate.usage_tracking WHERE outcome = 'postponed'`);
    await runner.query(OUTCOMES(['completed', 'failed', 'canceled']));
    await runner.query('DROP TABLE replicate.money_saved');
    await runner.query('DROP VIEW replicate.usage');
    await runner.query('DROP TABLE replicate.usage_daily');
    await runner.query('DROP INDEX replicate.open_jobs_by_owner');
    await runner.query('DROP INDEX replicate.open_jobs_by_user');
    await runner.query(`
      ALTER TABLE replicate.api_keys ADD COLUMN monthly_budget numeric(14, 6) CHECK (monthly_budget >= 0)`);
    await runner.query(`
      UPDATE replicate.api_keys SET monthly_budget = monthly_limit
      FROM replicate.budgets WHERE kind = 'owner' AND id = 'key:' || key_id`);
    await runner.query('DROP TABLE replicate.budgets');
  }
}
