import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { CompilationWorkModule } from '../../compilation/compilation-work.module.js';
import { Settings } from '../../config/settings.js';
import { PostClient } from '../../egress/post-client.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { Deliveries } from './deliveries.service.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { EventPayloads } from './event-payloads.js';

/** The longest an attempt may take. */
const ATTEMPT_MS = 15_000;

/** What the worker needs to tell users' endpoints. */
@Module({
  imports: [CompilationWorkModule, JobsModule],
  providers: [
    Deliveries,
    DeliveryQueueRepository,
    EventPayloads,
    {
      provide: PostClient,
      inject: [Settings],
      useFactory: ({ webhookPrivateHosts }: Settings) => new PostClient(webhookPrivateHosts, ATTEMPT_MS),
    },
  ],
  exports: [Deliveries, DeliveryQueueRepository],
})
export class DeliveryModule implements OnApplicationShutdown {
  constructor(private readonly client: PostClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
