import type { Origin } from '../tracing/tracing.js';

/**
 * The catalogue of messages. Each has a queue of its own, named as the message. A payload carries ids only; what they
 * stand for is read from PostgreSQL, because a message may be old, late or delivered twice. Messages outlive deploys:
 * a payload may gain fields, never lose or rename them.
 */
export interface MessagePayloads {
  /** Submit a pending job to the provider; `round` tells its attempts so far, none when absent. */
  'submit-job': { jobId: string; round?: string };
  /** Look at an open job again: poll its prediction, settle an unclear submission, send a lost message again. */
  'check-job': { jobId: string };
  /** Cancel a prediction at the provider. */
  'cancel-prediction': { jobId: string; replicateId: string };
  /** Apply a webhook of the inbox. */
  'apply-webhook': { webhookId: string };
  /** Fetch, check and store a job's outputs. */
  'store-outputs': { jobId: string };
  /** Delete what storing left in the bucket and no row names, once the job is over. */
  'sweep-outputs': { jobId: string };
  /** Make a film of a script's approved takes. */
  compile: { compilationId: string };
}

export type MessageName = keyof MessagePayloads;

/** A payload as it travels: any may tell besides which request it goes back to. */
export type MessagePayload<N extends MessageName> = MessagePayloads[N] & Origin;

interface MessagePolicy {
  /** Names of the payload's fields, all required, all non-empty text. */
  fields: readonly string[];
  /**
   * Fields that make its id in the queue, so that it can be looked for there and is there once. Without them each
   * message has an id of its own.
   */
  identity?: readonly string[];
  /** Sent again by the clock while it is needed: given up, it leaves nothing. */
  recurring?: boolean;
  /** How often a message is tried before it is given up. */
  attempts: number;
  /** First delay between tries; it doubles each time, up to the longest. */
  backoffMs: number;
  longestBackoffMs: number;
  /** How many a worker process handles at once. */
  concurrency: number;
  /** Most that all workers together may take in a time. */
  limiter?: { max: number; duration: number };
}

const SECOND = 1_000;
const MINUTE = 60_000;

/** Replicate takes 600 creates a minute from one account and bears short bursts above that. */
const CREATES = { max: 50, duration: 5 * SECOND };

/** How each message is delivered. */
export const MESSAGES: {
  [N in MessageName]: MessagePolicy & { fields: readonly (keyof MessagePayloads[N])[] };
} = {
  'submit-job': {
    fields: ['jobId'],
    identity: ['jobId', 'round'],
    attempts: 10,
    backoffMs: SECOND,
    longestBackoffMs: MINUTE,
    concurrency: 16,
    limiter: CREATES,
  },
  'check-job': {
    fields: ['jobId'],
    recurring: true,
    attempts: 3,
    backoffMs: SECOND,
    longestBackoffMs: MINUTE,
    concurrency: 8,
  },
  'cancel-prediction': {
    fields: ['jobId', 'replicateId'],
    attempts: 10,
    backoffMs: SECOND,
    longestBackoffMs: MINUTE,
    concurrency: 4,
  },
  'apply-webhook': {
    fields: ['webhookId'],
    attempts: 100,
    backoffMs: 250,
    longestBackoffMs: MINUTE,
    concurrency: 16,
  },
  // Goes on for about as long as the provider keeps the outputs.
  'store-outputs': {
    fields: ['jobId'],
    identity: ['jobId'],
    attempts: 80,
    backoffMs: SECOND,
    longestBackoffMs: MINUTE,
    concurrency: 4,
  },
  // Goes on for half a day when the job is still open, or the store away.
  'sweep-outputs': {
    fields: ['jobId'],
    attempts: 20,
    backoffMs: MINUTE,
    longestBackoffMs: 60 * MINUTE,
    concurrency: 4,
  },
  // Each keeps several FFmpegs busy.
  compile: {
    fields: ['compilationId'],
    attempts: 20,
    backoffMs: SECOND,
    longestBackoffMs: MINUTE,
    concurrency: 2,
  },
};

export const MESSAGE_NAMES = Object.keys(MESSAGES) as MessageName[];

/** A message to be sent, not before `delayMs` from now. */
export interface Message {
  name: MessageName;
  payload: Record<string, string>;
  delayMs?: number;
}

export function message<N extends MessageName>(name: N, payload: MessagePayload<N>, delayMs = 0): Message {
  return { name, payload: { ...payload }, delayMs };
}

/** The message's id in its queue; `messageId` is its own in the outbox. */
export function queueIdOf(name: MessageName, payload: Record<string, string>, messageId: string): string {
  const parts = MESSAGES[name].identity?.map((field) => payload[field]).filter((part) => part !== undefined);
  return parts?.join('-') ?? messageId;
}

/** Checks a received payload against the catalogue; throws an Error that names what is missing. */
export function readPayload<N extends MessageName>(name: N, payload: unknown): MessagePayload<N> {
  const record = (payload ?? {}) as Record<string, unknown>;
  const missing = MESSAGES[name].fields.filter((field) => !record[field]);
  if (missing.length > 0) throw new Error(`A ${name} message lacks ${missing.join(', ')}`);
  return payload as MessagePayload<N>;
}
