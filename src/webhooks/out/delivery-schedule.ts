import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { ScheduledTask } from '../../schedule/scheduled-task.js';
import { Deliveries } from './deliveries.service.js';
import type { TakenDelivery } from './delivery.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';

const INTERVAL_MS = 500;
const MOST_AT_ONCE = 64;

/**
 * Has deliveries attempted whose time has come. PostgreSQL alone keeps which those are, so nothing is lost with the
 * queue or a worker. An endpoint gets its next ones when those in hand have ended, so a slow one holds up no other.
 */
@Injectable()
export class DeliverySchedule extends ScheduledTask {
  private readonly inHand = new Map<TakenDelivery, Promise<void>>();

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly deliveries: Deliveries,
    private readonly logger: Logger,
  ) {
    super('webhook-deliveries', INTERVAL_MS, logger);
  }

  /** Starts what is due, without waiting for its end. */
  async run(): Promise<boolean> {
    const limit = MOST_AT_ONCE - this.inHand.size;
    if (limit <= 0) return false;
    const busy = new Set([...this.inHand.keys()].map(({ endpointId }) => endpointId));
    const taken = await this.queue.take([...busy], limit);
    for (const delivery of taken) this.start(delivery);
    return taken.length > 0;
  }

  /** Ends when the attempts under way have. */
  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await Promise.all(this.inHand.values());
  }

  private start(delivery: TakenDelivery): void {
    const { deliveryId, endpointId } = delivery;
    const attempt = this.deliveries
      .attempt(delivery)
      .catch((error: unknown) => this.logger.error('webhook-attempt', error, { deliveryId, endpointId }))
      .finally(() => this.inHand.delete(delivery));
    this.inHand.set(delivery, attempt);
  }
}
