import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The users' endpoints, what each is to be told, and every attempt at telling it. */
export class WebhookEndpoints1700000000008 implements MigrationInterface {
  readonly name = 'WebhookEndpoints1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE replicate.webhook_endpoints (
        endpoint_id uuid PRIMARY KEY,
        owner text,
        of_all_owners boolean NOT NULL,
        user_id text,
        url text NOT NULL,
        events text[] NOT NULL,
        secret text NOT NULL,
        previous_secret text,
        previous_secret_until timestamptz(3),
        failing_since timestamptz(3),
        disabled_at timestamptz(3),
        disabled_reason text,
        deleted_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query(`
      CREATE INDEX webhook_endpoints_by_owner
        ON replicate.webhook_endpoints (owner, created_at DESC, endpoint_id DESC) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE INDEX webhook_endpoints_of_all_owners
        ON replicate.webhook_endpoints (created_at DESC, endpoint_id DESC)
        WHERE of_all_owners AND deleted_at IS NULL`);
    await runner.query(`
      CREATE TABLE replicate.webhook_deliveries (
        delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        endpoint_id uuid NOT NULL,
        event text NOT NULL,
        subject_id uuid,
        occurred_at timestamptz(3) NOT NULL,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
        tries integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz(3) DEFAULT clock_timestamp(),
        run_id uuid,
        created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL))
      )`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_by_endpoint
        ON replicate.webhook_deliveries (endpoint_id, created_at DESC, delivery_id DESC)`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_due ON replicate.webhook_deliveries (next_attempt_at)
        WHERE next_attempt_at IS NOT NULL`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_due_by_endpoint
        ON replicate.webhook_deliveries (endpoint_id, next_attempt_at) WHERE next_attempt_at IS NOT NULL`);
    await runner.query(`
      CREATE INDEX webhook_deliveries_ended ON replicate.webhook_deliveries (created_at)
        WHERE next_attempt_at IS NULL`);
    await runner.query(`
      CREATE TABLE replicate.webhook_attempts (
        attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        delivery_id uuid NOT NULL REFERENCES replicate.webhook_deliveries ON DELETE CASCADE,
        at timestamptz(3) NOT NULL,
        http_status integer,
        duration_ms integer NOT NULL,
        response text,
        error text
      )`);
    await runner.query(`
      CREATE INDEX webhook_attempts_by_delivery ON replicate.webhook_attempts (delivery_id, attempt_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replicate.webhook_attempts');
    await runner.query('DROP TABLE replicate.webhook_deliveries');
    await runner.query('DROP TABLE replicate.webhook_endpoints');
  }
}
