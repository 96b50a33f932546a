import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The request that each job goes back to, for log lines, and the trace that it belongs to; unknown of older jobs. */
export class Origin1700000000009 implements MigrationInterface {
  readonly name = 'Origin1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replicate.jobs ADD COLUMN request_id text, ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replicate.jobs DROP COLUMN request_id, DROP COLUMN traceparent');
  }
}
