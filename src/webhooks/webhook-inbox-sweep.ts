import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';

const INTERVAL_MS = 600_000;
const BATCH = 1_000;

/** Removes webhooks that came over a week ago, every ten minutes. */
@Injectable()
export class WebhookInboxSweep extends ScheduledTask {
  constructor(
    private readonly inbox: WebhookInboxRepository,
    logger: Logger,
  ) {
    super('webhook-inbox-sweep', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.inbox.removeOld(BATCH)) === BATCH;
  }
}
