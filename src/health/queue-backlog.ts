import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { JobFiguresRepository } from '../jobs/job-figures.repository.js';
import { Logger } from '../logging/logger.js';
import { EmbeddedMetrics } from '../metrics/embedded-metrics.js';
import { MessageQueue } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';

const INTERVAL_MS = 30_000;

/**
 * Tells twice a minute how many messages wait and how old (seconds) the oldest open job is, as a log line that CloudWatch
 * takes for metrics: workers are added by the first, and an alarm watches the second.
 * Not on a local stage, where nobody reads it.
 */
@Injectable()
export class QueueBacklog extends ScheduledTask {
  constructor(
    private readonly queue: MessageQueue,
    private readonly jobs: JobFiguresRepository,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {
    super('queue-backlog', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    const { stage } = this.settings;
    if (stage === 'local') return false;
    // Workers are added by the backlog also while PostgreSQL is away.
    const age = this.jobs.oldestOpenSeconds().catch(() => undefined);
    const figures = new EmbeddedMetrics();
    figures.set('QueueBacklog', 'Count', await this.queue.waiting());
    const oldest = await age;
    if (oldest !== undefined) figures.set('OldestJobAge', 'Seconds', oldest);
    for (const line of figures.drain(stage)) this.logger.info('queue-backlog', line);
    return false;
  }
}
