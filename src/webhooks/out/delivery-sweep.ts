import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { ScheduledTask } from '../../schedule/scheduled-task.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';

const INTERVAL_MS = 600_000;
const BATCH = 1_000;

/** Removes deliveries that ended and are 30 days old, every ten minutes. */
@Injectable()
export class DeliverySweep extends ScheduledTask {
  constructor(
    private readonly queue: DeliveryQueueRepository,
    logger: Logger,
  ) {
    super('webhook-delivery-sweep', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.queue.removeOld(BATCH)) === BATCH;
  }
}
