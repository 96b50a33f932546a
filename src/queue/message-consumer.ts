import { setTimeout as delay } from 'node:timers/promises';
import { WorkerHost } from '@nestjs/bullmq';
import { Inject, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import { describeError, Logger } from '../logging/logger.js';
import { inSpan } from '../tracing/tracing.js';
import {
  MESSAGES,
  readPayload,
  type MessageName,
  type MessagePayload,
  type MessagePayloads,
} from './messages.js';

/** What a handler may need to know about the delivery of its message. */
export interface Delivery {
  /** Aborted when the worker stops or loses the message. */
  signal: AbortSignal;
  /** Which try this is, from 1. */
  attempt: number;
  /** Whether this is the last try: what fails now stays failed. */
  lastAttempt: boolean;
}

const DRAIN_MS = 15_000;
const CANCEL_MS = 5_000;
const ERROR_INTERVAL_MS = 10_000;

/**
 * Base of every processor: checks the payload, and gives up at once on an error that trying again cannot mend.
 * A subclass handles one message; its work must bear being done twice.
 */
export abstract class MessageConsumer<N extends MessageName>
  extends WorkerHost
  implements BeforeApplicationShutdown, OnApplicationBootstrap
{
  protected abstract readonly messageName: N;

  @Inject(Logger)
  private readonly logger!: Logger;

  private lastErrorAt = 0;
  private stopping = false;

  protected abstract handle(payload: MessagePayloads[N], delivery: Delivery): Promise<void>;

  /** Declares three parameters because BullMQ hands its abort signal only to a function of that length. */
  override async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
    const attempt = job.attemptsMade + 1;
    const lastAttempt = attempt >= MESSAGES[this.messageName].attempts;
    const payload = this.payloadOf(job);
    crashPoint('message-taken');
    try {
      const delivery = { signal: signal ?? new AbortController().signal, attempt, lastAttempt };
      await inSpan(this.spanOf(payload, attempt), () => this.handle(payload, delivery));
      crashPoint('message-handled');
    } catch (error) {
      if (this.stopping && signal?.aborted) await this.handBack(job, token);
      if (error instanceof AppError && !error.retryable)
        throw new UnrecoverableError(`${error.code}: ${error.message}`);
      throw error;
    }
  }

  /** Lets another worker have the message at once, as if it had not been tried. */
  private async handBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    throw new WaitingError('the worker stops');
  }

  /** Goes on with the trace of the request that the message goes back to. */
  private spanOf({ traceparent, ...payload }: MessagePayload<N>, attempt: number) {
    const attributes = { ...payload, 'messaging.system': 'bullmq', 'messaging.attempt': attempt };
    return { name: `process ${this.messageName}`, attributes, parent: traceparent };
  }

  private payloadOf(job: Job): MessagePayload<N> {
    try {
      return readPayload(this.messageName, job.data);
    } catch (error) {
      throw new UnrecoverableError((error as Error).message);
    }
  }

  /** Has every failed try told, and the connection's faults at most each ten seconds. */
  onApplicationBootstrap(): void {
    const action = this.messageName;
    this.worker.on('failed', (job, error) => {
      this.logger.warn('message-failed', {
        message: action,
        ...payloadFields(job),
        error: describeError(error),
      });
    });
    this.worker.on('error', (error) => {
      if (Date.now() - this.lastErrorAt < ERROR_INTERVAL_MS) return;
      this.lastErrorAt = Date.now();
      this.logger.error('queue-connection', error, { message: action });
    });
    this.worker.on('lockRenewalFailed', (ids: string[]) => ids.forEach((id) => this.worker.cancelJob(id)));
  }

  /**
   * Takes no more messages and waits for those in hand; after 15 s they are told to stop and go back to their queue,
   * and what has not ended 5 s later is handed on as stalled.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    const closing = this.worker.close();
    const closed = await Promise.race([closing.then(() => true), delay(DRAIN_MS, false, { ref: false })]);
    if (closed) return;
    this.worker.cancelAllJobs('the worker stops');
    await Promise.race([closing, delay(CANCEL_MS, undefined, { ref: false })]);
  }
}

function payloadFields(job: Job | undefined) {
  return { attempt: job?.attemptsMade, ...(job?.data as Record<string, string> | undefined) };
}
