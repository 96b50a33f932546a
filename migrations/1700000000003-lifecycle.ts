import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What survives the loss of a queue, a mirror or a worker: owed mirror writes, dead letters, surplus predictions. */
export class Lifecycle1700000000003 implements MigrationInterface {
  readonly name = 'Lifecycle1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replicate.jobs ADD COLUMN storing_starts integer NOT NULL DEFAULT 0');

    await runner.query(`
      ALTER TABLE replicate.webhook_inbox ADD COLUMN due_at timestamptz(3) NOT NULL
        DEFAULT clock_timestamp() + interval '60 seconds'`);
    await runner.query(`
      CREATE INDEX unapplied_webhooks_by_due_time ON replicate.webhook_inbox (due_at) WHERE applied_at IS NULL`);

    await runner.query(`
      CREATE TABLE replicate.mirror_backlog (
        job_id uuid PRIMARY KEY,
        version integer NOT NULL,
        due_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query('CREATE INDEX mirror_backlog_by_due_time ON replicate.mirror_backlog (due_at)');

    await runner.query(`
      CREATE TABLE replicate.dead_letters (
        dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        queue_id text NOT NULL,
        payload jsonb NOT NULL,
        reason text NOT NULL,
        attempts integer NOT NULL,
        given_up_at timestamptz(3) NOT NULL,
        replayed_at timestamptz(3),
        UNIQUE (name, queue_id, given_up_at)
      )`);

    await runner.query(`
      CREATE TABLE replicate.surplus_predictions (
        replicate_id text PRIMARY KEY,
        job_id uuid NOT NULL REFERENCES replicate.jobs ON DELETE CASCADE,
        status text NOT NULL CHECK (status IN
          ('starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted', 'unknown')),
        cost numeric(14, 6),
        noted_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz(3),
        check_at timestamptz(3) NOT NULL DEFAULT clock_timestamp() + interval '60 seconds'
      )`);
    await runner.query('CREATE INDEX surplus_predictions_by_job ON replicate.surplus_predictions (job_id)');
    await runner.query(`
      CREATE INDEX surplus_predictions_to_check ON replicate.surplus_predictions (check_at) WHERE ended_at IS NULL`);

    // Deleting a job looks for its retries: without an index that reads the whole table for each.
    await runner.query(`
      CREATE INDEX retries_by_origin ON replicate.jobs (retried_from) WHERE retried_from IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX replicate.retries_by_origin');
    for (const table of ['surplus_predictions', 'dead_letters', 'mirror_backlog']) {
      await runner.query(`DROP TABLE replicate.${table}`);
    }
    await runner.query('ALTER TABLE replicate.webhook_inbox DROP COLUMN due_at');
    await runner.query('ALTER TABLE replicate.jobs DROP COLUMN storing_starts');
  }
}
