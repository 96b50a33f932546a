import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { MessageQueue } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';

const INTERVAL_MS = 30_000;
const METRIC = {
  Namespace: 'VSL/MediaGeneration',
  Dimensions: [['Stage']],
  Metrics: [{ Name: 'QueueBacklog', Unit: 'Count' }],
};

/**
 * Tells twice a minute how many messages wait, as a log line that CloudWatch takes for a metric: workers are added by it.
 * Not on a local stage, where nobody reads it.
 */
@Injectable()
export class QueueBacklog extends ScheduledTask {
  constructor(
    private readonly queue: MessageQueue,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {
    super('queue-backlog', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    if (this.settings.stage === 'local') return false;
    const waiting = await this.queue.waiting();
    const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [METRIC] };
    this.logger.info('queue-backlog', { _aws, Stage: this.settings.stage, QueueBacklog: waiting });
    return false;
  }
}
