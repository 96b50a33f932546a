import { Processor } from '@nestjs/bullmq';
import { backoffMs } from './backoff.js';
import { MESSAGES, type MessageName } from './messages.js';

/** A killed worker's messages go to another after this time, plus one look for stalled ones. */
const LOCK_MS = 15_000;
const STALLED_LOOK_MS = 5_000;

/**
 * A worker killed while it held a message leaves it "stalled"; BullMQ's default gives a message up at the second time.
 * Kills and deploys are normal here and every step bears repetition, so the limit is generous.
 */
const MAX_STALLED_COUNT = 100;

/** Marks the class that handles a message, as the catalogue has it delivered. */
export function Consume(name: MessageName): ClassDecorator {
  const { concurrency, limiter } = MESSAGES[name];
  return Processor(name, {
    concurrency,
    ...(limiter ? { limiter } : {}),
    settings: { backoffStrategy: (attemptsMade) => backoffMs(name, attemptsMade) },
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_LOOK_MS,
    maxStalledCount: MAX_STALLED_COUNT,
  });
}
