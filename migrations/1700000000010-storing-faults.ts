import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often a job's outputs could not be had from their source, apart from faults of our own stores; and webhooks are
 * removed by their arrival, applied or not.
 */
export class StoringFaults1700000000010 implements MigrationInterface {
  readonly name = 'StoringFaults1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replicate.jobs ADD COLUMN source_faults integer NOT NULL DEFAULT 0');
    await runner.query('CREATE INDEX webhooks_by_arrival ON replicate.webhook_inbox (received_at)');
    await runner.query('DROP INDEX replicate.applied_webhooks_by_time');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX applied_webhooks_by_time ON replicate.webhook_inbox (applied_at) WHERE applied_at IS NOT NULL',
    );
    await runner.query('DROP INDEX replicate.webhooks_by_arrival');
    await runner.query('ALTER TABLE replicate.jobs DROP COLUMN source_faults');
  }
}
