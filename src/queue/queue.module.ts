import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Settings } from '../config/settings.js';
import { MessageQueue } from './message-queue.js';
import { MESSAGE_NAMES } from './messages.js';

const COMMAND_TIMEOUT_MS = 5_000;

/** BullMQ's connections and one queue a message. Workers retry their connection for ever; senders fail fast. */
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        connection: { url: settings.redis.queueUrl, maxRetriesPerRequest: null },
      }),
    }),
    ...MESSAGE_NAMES.map((name) =>
      BullModule.registerQueueAsync({
        name,
        inject: [Settings],
        useFactory: (settings: Settings) => ({
          connection: {
            url: settings.redis.queueUrl,
            enableOfflineQueue: false,
            maxRetriesPerRequest: 1,
            commandTimeout: COMMAND_TIMEOUT_MS,
          },
        }),
      }),
    ),
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
