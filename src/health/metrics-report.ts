import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { Metrics } from '../metrics/metrics.js';

const INTERVAL_MS = 60_000;

/**
 * Tells each minute what happened in it, and at the end what is left, as log lines that CloudWatch takes for metrics.
 */
@Injectable()
export class MetricsReport extends ScheduledTask {
  constructor(
    private readonly metrics: Metrics,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {
    super('metrics', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    const lines = this.metrics.drain(this.settings.stage);
    for (const line of lines) this.logger.info('metrics', line);
    return false;
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.run();
  }
}
