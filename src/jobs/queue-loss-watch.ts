import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { MessageQueue } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { JobStepsRepository } from './job-steps.repository.js';

const INTERVAL_MS = 1_000;

/** Notices that the queues were emptied, and has the jobs whose messages were in them looked at within seconds. */
@Injectable()
export class QueueLossWatch extends ScheduledTask {
  constructor(
    private readonly queue: MessageQueue,
    private readonly steps: JobStepsRepository,
    private readonly logger: Logger,
  ) {
    super('queue-loss-watch', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    if (!(await this.queue.wasEmptied())) return false;
    this.logger.warn('queue-was-empty', { jobs: await this.steps.checkWaitingSoon() });
    return false;
  }
}
