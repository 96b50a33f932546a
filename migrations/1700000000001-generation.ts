import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Jobs and their transitions, the outbox, the webhook inbox, stored outputs, usage, idempotency keys
 * and loaded model configurations.
 */
export class Generation1700000000001 implements MigrationInterface {
  readonly name = 'Generation1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS replicate');
    await runner.query(`
      CREATE TABLE replicate.jobs (
        job_id uuid PRIMARY KEY,
        user_id text NOT NULL,
        media_type text NOT NULL CHECK (media_type IN ('image', 'video', 'audio')),
        model_id text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN
          ('pending', 'submitting', 'processing', 'storing', 'completed', 'failed', 'canceled')),
        version integer NOT NULL DEFAULT 1,
        parameters jsonb NOT NULL,
        provider_model text,
        provider_version text,
        provider_kind text NOT NULL CHECK (provider_kind IN ('official', 'community')),
        provider_input jsonb NOT NULL,
        warnings jsonb NOT NULL DEFAULT '[]',
        estimated_cost numeric(14, 6) NOT NULL,
        estimated_time_seconds integer NOT NULL,
        actual_cost numeric(14, 6),
        attempt integer NOT NULL DEFAULT 0,
        nonce uuid,
        submitted_at timestamptz(3),
        replicate_id text UNIQUE,
        prediction jsonb,
        result jsonb,
        error jsonb,
        cancel_requested_at timestamptz(3),
        retried_from uuid REFERENCES replicate.jobs,
        script_id uuid,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        completed_at timestamptz(3),
        check_at timestamptz(3)
      )`);
    await runner.query('CREATE INDEX jobs_by_time ON replicate.jobs (created_at DESC, job_id DESC)');
    await runner.query('CREATE INDEX jobs_by_user ON replicate.jobs (user_id, created_at DESC, job_id DESC)');
    await runner.query(`
      CREATE INDEX jobs_by_script ON replicate.jobs (script_id, created_at DESC, job_id DESC)
        WHERE script_id IS NOT NULL`);
    await runner.query(`
      CREATE INDEX jobs_to_check ON replicate.jobs (check_at)
        WHERE state IN ('pending', 'submitting', 'processing', 'storing')`);
    await runner.query(`
      CREATE FUNCTION replicate.refuse_change_of_final_job() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'job % is % and can no longer change', OLD.job_id, OLD.state USING ERRCODE = 'check_violation';
      END $$`);
    await runner.query(`
      CREATE TRIGGER final_jobs_are_immutable BEFORE UPDATE ON replicate.jobs FOR EACH ROW
        WHEN (OLD.state IN ('completed', 'failed', 'canceled'))
        EXECUTE FUNCTION replicate.refuse_change_of_final_job()`);

    await runner.query(`
      CREATE TABLE replicate.job_transitions (
        job_id uuid NOT NULL REFERENCES replicate.jobs ON DELETE CASCADE,
        version integer NOT NULL,
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        from_state text NOT NULL,
        to_state text NOT NULL,
        cause text NOT NULL,
        PRIMARY KEY (job_id, version)
      )`);

    await runner.query(`
      CREATE TABLE replicate.outbox (
        message_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL,
        payload jsonb NOT NULL,
        due_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query('CREATE INDEX outbox_by_due_time ON replicate.outbox (due_at)');
    await runner.query(`
      CREATE UNIQUE INDEX one_check_a_job ON replicate.outbox ((payload->>'jobId')) WHERE name = 'check-job'`);

    await runner.query(`
      CREATE TABLE replicate.webhook_inbox (
        webhook_id text PRIMARY KEY,
        job_id uuid,
        replicate_id text NOT NULL,
        body text NOT NULL,
        received_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        applied_at timestamptz(3),
        outcome text
      )`);
    await runner.query(`
      CREATE INDEX applied_webhooks_by_time ON replicate.webhook_inbox (applied_at) WHERE applied_at IS NOT NULL`);

    await runner.query(`
      CREATE TABLE replicate.media_outputs (
        job_id uuid NOT NULL REFERENCES replicate.jobs ON DELETE CASCADE,
        output_index integer NOT NULL,
        object_key text NOT NULL UNIQUE,
        file_size bigint NOT NULL,
        content_type text NOT NULL,
        sha256 text NOT NULL,
        width integer,
        height integer,
        duration_seconds double precision,
        thumbnail_key text,
        preview_key text,
        waveform_key text,
        signature jsonb,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (job_id, output_index)
      )`);

    await runner.query(`
      CREATE TABLE replicate.usage_tracking (
        job_id uuid NOT NULL REFERENCES replicate.jobs ON DELETE CASCADE,
        attempt integer NOT NULL,
        user_id text NOT NULL,
        model_id text NOT NULL,
        media_type text NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('completed', 'failed', 'canceled')),
        estimated_cost numeric(14, 6) NOT NULL,
        actual_cost numeric(14, 6) NOT NULL,
        outputs integer NOT NULL,
        output_seconds double precision NOT NULL,
        provider_metrics jsonb,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (job_id, attempt)
      )`);
    await runner.query('CREATE INDEX usage_by_user ON replicate.usage_tracking (user_id, created_at)');

    await runner.query(`
      CREATE TABLE replicate.idempotency_keys (
        scope text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        status integer NOT NULL,
        location text,
        body text NOT NULL,
        busy_until timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (scope, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_by_time ON replicate.idempotency_keys (created_at)');

    await runner.query(`
      CREATE TABLE replicate.model_configurations (
        model_id text NOT NULL,
        fingerprint text NOT NULL,
        configuration jsonb NOT NULL,
        first_loaded_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (model_id, fingerprint)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'model_configurations',
      'idempotency_keys',
      'usage_tracking',
      'media_outputs',
      'webhook_inbox',
      'outbox',
      'job_transitions',
      'jobs',
    ]) {
      await runner.query(`DROP TABLE replicate.${table}`);
    }
    await runner.query('DROP FUNCTION replicate.refuse_change_of_final_job');
  }
}
