import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '../logging/logger.js';
import { PeriodicTask } from './periodic-task.js';

/** Base of what a process does by the clock: from its start until it stops, a failure is logged as `action`. */
export abstract class ScheduledTask implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(action: string, intervalMs: number, logger: Logger) {
    this.task = new PeriodicTask(
      () => this.run(),
      intervalMs,
      (error) => logger.error(action, error),
    );
  }

  /** Does the work that is due; returns whether more is due already. */
  abstract run(): Promise<boolean>;

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }
}
