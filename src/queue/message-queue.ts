import { setTimeout as delay } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import { CAPPED } from './backoff.js';
import { MESSAGE_NAMES, MESSAGES, queueIdOf, type Message, type MessageName } from './messages.js';

/** A message on its way from the outbox to its queue; `id` makes a second sending of the same message harmless. */
export interface OutgoingMessage {
  id: string;
  name: MessageName;
  payload: Record<string, string>;
}

/** A message that no worker will try again, and why. */
export interface GivenUpMessage {
  name: MessageName;
  queueId: string;
  payload: unknown;
  reason: string;
  attempts: number;
  givenUpAt: Date;
}

const ANSWER_TIMEOUT_MS = 5_000;
const COUNTED_STATES = ['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const;
const KEEP_DONE = { age: 3_600, count: 1_000 };
const LONGEST_PAUSE_MS = 300_000;

/** Puts messages on their BullMQ queues and looks after them there. Every call fails after 5 s without Redis. */
export class MessageQueue {
  private readonly queues: Map<string, Queue>;

  constructor(queues: Queue[]) {
    this.queues = new Map(queues.map((queue) => [queue.name, queue]));
    // A lost connection shows in the call that fails; without a listener it would end the process.
    for (const queue of queues) queue.on('error', () => undefined);
  }

  /** Adds all messages; those whose id a queue already knows are left as they are. */
  async send(messages: OutgoingMessage[]): Promise<void> {
    const names = [...new Set(messages.map((message) => message.name))];
    const sending = names.map((name) =>
      this.sendGroup(
        name,
        messages.filter((message) => message.name === name),
      ),
    );
    await inTime(Promise.all(sending));
  }

  /** The queues themselves, to be looked at. */
  get all(): Queue[] {
    return [...this.queues.values()];
  }

  /** How many messages of all queues could be handled now and are not. */
  async waiting(): Promise<number> {
    const counts = [...this.queues.values()].map((queue) =>
      queue.getJobCountByTypes('waiting', 'prioritized'),
    );
    return (await inTime(Promise.all(counts))).reduce((sum, count) => sum + count, 0);
  }

  /** How many messages of each name stand in each state. */
  async depths(): Promise<{ name: MessageName; state: string; messages: number }[]> {
    const counts = MESSAGE_NAMES.map(async (name) => {
      const states = await this.queueOf(name).getJobCounts(...COUNTED_STATES);
      return Object.entries(states).map(([state, messages]) => ({ name, state, messages }));
    });
    return (await inTime(Promise.all(counts))).flat();
  }

  /**
   * Whether the queue still has the message to be handled; of a kind that has an identity. One that is done is
   * forgotten, so that the same can be sent again; one given up counts as there until it has been collected.
   */
  async has({ name, payload }: Message): Promise<boolean> {
    const job = await inTime(this.queueOf(name).getJob(queueIdOf(name, payload, '')));
    if (!job) return false;
    if (job.finishedOn === undefined || (await inTime(job.isFailed()))) return true;
    await inTime(job.remove());
    return false;
  }

  /** Whether the queues hold nothing from before, told once: they are new, or lost all that was in them. */
  async wasEmptied(): Promise<boolean> {
    const queue = this.queueOf('submit-job');
    const client = await inTime(queue.getBackend().client);
    const added = await inTime(client.hset(queue.toKey('known'), { since: String(Date.now()) }));
    return added === 1;
  }

  /** Lets no worker take messages of that name for `seconds`, five minutes at most. */
  async pause(name: MessageName, seconds: number): Promise<void> {
    await inTime(this.queueOf(name).rateLimit(Math.min(seconds * 1_000, LONGEST_PAUSE_MS)));
  }

  /** The messages given up, oldest first, up to `limit` of each name. */
  async givenUp(limit: number): Promise<GivenUpMessage[]> {
    const lists = MESSAGE_NAMES.map(async (name) => {
      const jobs = await this.queueOf(name).getFailed(0, limit - 1);
      return jobs.filter((job) => job.finishedOn !== undefined).map((job) => givenUp(name, job));
    });
    return (await inTime(Promise.all(lists))).flat();
  }

  /** Forgets a message given up, so that the same can be sent again. */
  async forget({ name, queueId }: GivenUpMessage): Promise<void> {
    const job = await inTime(this.queueOf(name).getJob(queueId));
    if (job && (await inTime(job.isFailed()))) await inTime(job.remove());
  }

  private async sendGroup(name: MessageName, messages: OutgoingMessage[]): Promise<void> {
    const { attempts, recurring = false } = MESSAGES[name];
    await this.queueOf(name).addBulk(
      messages.map(({ id, payload }) => ({
        name,
        data: payload,
        opts: {
          jobId: queueIdOf(name, payload, id),
          attempts,
          backoff: { type: CAPPED },
          removeOnComplete: KEEP_DONE,
          removeOnFail: recurring,
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

function givenUp(name: MessageName, job: Job): GivenUpMessage {
  return {
    name,
    queueId: job.id!,
    payload: job.data as unknown,
    reason: job.failedReason,
    attempts: job.attemptsMade,
    givenUpAt: new Date(job.finishedOn!),
  };
}

/** BullMQ itself waits for ever for a Redis that is away. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return Promise.race([answer, tooLate()]);
}

async function tooLate(): Promise<never> {
  await delay(ANSWER_TIMEOUT_MS, undefined, { ref: false });
  throw new Error('Redis did not answer in time');
}
