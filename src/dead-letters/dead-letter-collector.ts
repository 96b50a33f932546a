import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { MessageQueue } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { DeadLettersRepository } from './dead-letters.repository.js';

const INTERVAL_MS = 2_000;
const BATCH = 100;

/**
 * Brings messages that were given up, for whatever reason, from their queue to PostgreSQL. They leave the queue only
 * when they are stored; dying in between stores them once all the same.
 */
@Injectable()
export class DeadLetterCollector extends ScheduledTask {
  constructor(
    private readonly queue: MessageQueue,
    private readonly letters: DeadLettersRepository,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    super('dead-letter-collector', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    const messages = await this.queue.givenUp(BATCH);
    if (messages.length === 0) return false;
    for (const { id, name, payload, reason, attempts } of await this.letters.store(messages)) {
      this.metrics.messageGivenUp(name);
      this.logger.error('message-given-up', reason, {
        ...payload,
        deadLetterId: id,
        message: name,
        attempts,
      });
    }
    for (const message of messages) await this.queue.forget(message);
    return messages.length >= BATCH;
  }
}
