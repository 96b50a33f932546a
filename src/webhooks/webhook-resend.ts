import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';

const INTERVAL_MS = 5_000;
const BATCH = 200;

/** Has webhooks applied that nobody has applied a minute after they came: their messages can be lost with the queue. */
@Injectable()
export class WebhookResend extends ScheduledTask {
  constructor(
    private readonly inbox: WebhookInboxRepository,
    logger: Logger,
  ) {
    super('webhook-resend', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.inbox.resendUnapplied(BATCH)) === BATCH;
  }
}
