import type { PostAnswer } from '../../egress/post-client.js';
import type { DeliveredEvent } from './event.js';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One attempt at a delivery, as the log keeps it. */
export interface Attempt extends Omit<PostAnswer, 'retryAfterSeconds'> {
  at: Date;
}

/** One event for one endpoint; its id is the `webhook-id` of every attempt. */
export interface Delivery {
  deliveryId: string;
  endpointId: string;
  event: DeliveredEvent;
  /** The job or the compilation that it tells of; null for a test. */
  subjectId: string | null;
  status: DeliveryStatus;
  /** Of one that is pending. */
  nextAttemptAt: Date | null;
  createdAt: Date;
  /** Oldest first, the newest fifty at most. */
  attempts: Attempt[];
}

/** A delivery taken by a worker, with what it takes to send it. */
export interface TakenDelivery {
  deliveryId: string;
  endpointId: string;
  /** Names this hold on it: who holds it no more changes nothing. */
  runId: string;
  event: DeliveredEvent;
  subjectId: string | null;
  occurredAt: Date;
  /** Tries so far, since it was made or last replayed. */
  tries: number;
  url: string;
  /** To sign with, newest first. */
  secrets: string[];
  /** Whether the endpoint still is to be told anything. */
  enabled: boolean;
  /** Whether the key that made the endpoint has been revoked or has expired. */
  keyEnded: boolean;
}
