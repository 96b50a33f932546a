import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { MessageQueue } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { JobStepsRepository } from './job-steps.repository.js';

const INTERVAL_MS = 1_000;

/** Notices that the queues were emptied, and has the jobs whose messages were in them looked at within seconds. */
@Injectable()
export class QueueLossWatch extends ScheduledTask {
  private lossUnmet = false;

  constructor(
    private readonly queue: MessageQueue,
    private readonly steps: JobStepsRepository,
    private readonly logger: Logger,
  ) {
    super('queue-loss-watch', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    // The queue tells a loss once: until the jobs are looked at, it is kept in mind.
    this.lossUnmet ||= await this.queue.wasEmptied();
    if (!this.lossUnmet) return false;
    this.logger.warn('queue-was-empty', { jobs: await this.steps.checkWaitingSoon() });
    this.lossUnmet = false;
    return false;
  }
}
