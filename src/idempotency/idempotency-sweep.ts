import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const INTERVAL_MS = 600_000;
const BATCH = 1_000;

/** Removes idempotency keys past their 24 hours, every ten minutes. */
@Injectable()
export class IdempotencySweep extends ScheduledTask {
  constructor(
    private readonly keys: IdempotencyRepository,
    logger: Logger,
  ) {
    super('idempotency-sweep', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.keys.removeExpired(BATCH)) === BATCH;
  }
}
