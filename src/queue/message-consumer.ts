import { setTimeout as delay } from 'node:timers/promises';
import { WorkerHost } from '@nestjs/bullmq';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { AppError } from '../errors.js';
import { MESSAGES, readPayload, type MessageName, type MessagePayloads } from './messages.js';

/** What a handler may need to know about the delivery of its message. */
export interface Delivery {
  /** Aborted when the worker stops or loses the message. */
  signal: AbortSignal;
  /** Which try this is, from 1. */
  attempt: number;
  /** Whether this is the last try: what fails now stays failed. */
  lastAttempt: boolean;
}

const CLOSE_TIMEOUT_MS = 20_000;

/**
 * Base of every processor: checks the payload, and gives up at once on an error that trying again cannot mend.
 * A subclass handles one message; its work must bear being done twice.
 */
export abstract class MessageConsumer<N extends MessageName>
  extends WorkerHost
  implements BeforeApplicationShutdown
{
  protected abstract readonly messageName: N;

  protected abstract handle(payload: MessagePayloads[N], delivery: Delivery): Promise<void>;

  /** Declares three parameters because BullMQ hands its abort signal only to a function of that length. */
  override async process(job: Job, _token?: string, signal?: AbortSignal): Promise<void> {
    const attempt = job.attemptsMade + 1;
    const lastAttempt = attempt >= MESSAGES[this.messageName].attempts;
    const payload = this.payloadOf(job);
    try {
      await this.handle(payload, { signal: signal ?? new AbortController().signal, attempt, lastAttempt });
    } catch (error) {
      if (error instanceof AppError && !error.retryable)
        throw new UnrecoverableError(`${error.code}: ${error.message}`);
      throw error;
    }
  }

  private payloadOf(job: Job): MessagePayloads[N] {
    try {
      return readPayload(this.messageName, job.data);
    } catch (error) {
      throw new UnrecoverableError((error as Error).message);
    }
  }

  /** Takes no more messages and waits for those in hand, at most 20 s; what is left over is handed back as stalled. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.race([this.worker.close(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  }
}
