import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { CAPPED } from './backoff.js';
import { MESSAGES, type MessageName } from './messages.js';

/** A message on its way from the outbox to its queue; `id` makes a second sending of the same message harmless. */
export interface OutgoingMessage {
  id: string;
  name: MessageName;
  payload: Record<string, string>;
}

const SEND_TIMEOUT_MS = 5_000;
const KEEP_DONE = { age: 3_600, count: 1_000 };
const KEEP_GIVEN_UP = { age: 30 * 24 * 3_600, count: 10_000 };

/** Puts messages on their BullMQ queues. */
export class MessageQueue {
  private readonly queues: Map<string, Queue>;

  constructor(queues: Queue[]) {
    this.queues = new Map(queues.map((queue) => [queue.name, queue]));
    // A lost connection shows in the call that fails; without a listener it would end the process.
    for (const queue of queues) queue.on('error', () => undefined);
  }

  /** Adds all messages; those whose id a queue already knows are left as they are. Fails after 5 s without Redis. */
  async send(messages: OutgoingMessage[]): Promise<void> {
    const names = [...new Set(messages.map((message) => message.name))];
    const sending = names.map((name) =>
      this.sendGroup(
        name,
        messages.filter((message) => message.name === name),
      ),
    );
    await Promise.race([Promise.all(sending), tooLate()]);
  }

  /** Whether messages of that name wait for a worker. */
  async hasBacklog(name: MessageName): Promise<boolean> {
    const waiting = await Promise.race([this.queueOf(name).getWaitingCount(), tooLate()]);
    return waiting > 0;
  }

  private async sendGroup(name: MessageName, messages: OutgoingMessage[]): Promise<void> {
    const { attempts } = MESSAGES[name];
    await this.queueOf(name).addBulk(
      messages.map(({ id, payload }) => ({
        name,
        data: payload,
        opts: {
          jobId: id,
          attempts,
          backoff: { type: CAPPED },
          removeOnComplete: KEEP_DONE,
          removeOnFail: KEEP_GIVEN_UP,
        },
      })),
    );
  }

  private queueOf(name: MessageName): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`No queue is registered for ${name} messages`);
    return queue;
  }
}

/** BullMQ itself waits for ever for a Redis that is away. */
async function tooLate(): Promise<never> {
  await delay(SEND_TIMEOUT_MS, undefined, { ref: false });
  throw new Error('Redis did not answer in time');
}
