/** What users' endpoints can be told of: each end of a job and of a compilation. */
export const EVENTS = [
  'job.completed',
  'job.failed',
  'job.canceled',
  'compilation.completed',
  'compilation.failed',
  'compilation.canceled',
] as const;

export type EventName = (typeof EVENTS)[number];

/** What an endpoint is sent on request, whatever it subscribed to. */
export const TEST_EVENT = 'endpoint.test';

/** What a delivery tells of. */
export type DeliveredEvent = EventName | typeof TEST_EVENT;

export const DELIVERED_EVENTS: readonly DeliveredEvent[] = [...EVENTS, TEST_EVENT];
