import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Settings } from '../config/settings.js';
import { MessageQueue } from './message-queue.js';
import { MESSAGE_NAMES } from './messages.js';

/** BullMQ's connection and one queue a message. */
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        connection: { url: settings.redis.queueUrl, maxRetriesPerRequest: null },
      }),
    }),
    ...MESSAGE_NAMES.map((name) => BullModule.registerQueue({ name })),
  ],
  providers: [
    {
      provide: MessageQueue,
      inject: MESSAGE_NAMES.map((name) => getQueueToken(name)),
      useFactory: (...queues: Queue[]) => new MessageQueue(queues),
    },
  ],
  exports: [MessageQueue],
})
export class QueueModule {}
