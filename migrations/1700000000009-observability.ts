import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The request that each job goes back to, for log lines, and the trace that it belongs to; unknown of older jobs. And an
 * index that the figures of ended jobs are read from alone.
 */
export class Observability1700000000009 implements MigrationInterface {
  readonly name = 'Observability1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replicate.jobs ADD COLUMN request_id text, ADD COLUMN traceparent text');
    await runner.query(`
      CREATE INDEX ended_jobs ON replicate.jobs (media_type, model_id, state) INCLUDE (created_at, completed_at)
        WHERE state IN ('completed', 'failed', 'canceled')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX replicate.ended_jobs');
    await runner.query('ALTER TABLE replicate.jobs DROP COLUMN request_id, DROP COLUMN traceparent');
  }
}
