import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { PeriodicTask } from '../schedule/periodic-task.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const INTERVAL_MS = 600_000;
const BATCH = 1_000;

/** Removes idempotency keys past their 24 hours, every ten minutes. */
@Injectable()
export class IdempotencySweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(keys: IdempotencyRepository, logger: Logger) {
    this.task = new PeriodicTask(
      async () => (await keys.removeExpired(BATCH)) === BATCH,
      INTERVAL_MS,
      (error) => logger.error('idempotency-sweep', error),
    );
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}
