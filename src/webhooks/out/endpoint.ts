import type { EventName } from './event.js';

/** Why an endpoint is told of nothing: asked for, answered 410, failed for long, or made with a key that has ended. */
export const DISABLED_REASONS = ['requested', 'gone', 'failing', 'key_ended'] as const;

export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** A user's own server, as PostgreSQL keeps it; its secrets are read apart. */
export interface Endpoint {
  endpointId: string;
  /** Whose it is besides the admins'. */
  owner: string | null;
  /** Whether it is told of everybody's jobs, as an admin's is. */
  ofAllOwners: boolean;
  /** The only user whose jobs it is told of; all that it may be told of when null. */
  userId: string | null;
  url: string;
  events: EventName[];
  /** When the first of its attempts failed since the last that went well. */
  failingSince: Date | null;
  disabledAt: Date | null;
  disabledReason: DisabledReason | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What is stored of a new endpoint. */
export type NewEndpoint = Pick<
  Endpoint,
  'endpointId' | 'owner' | 'ofAllOwners' | 'userId' | 'url' | 'events'
> & { secret: string };

/** What to change of an endpoint. */
export interface EndpointChanges {
  url?: string;
  events?: EventName[];
  enabled?: boolean;
}
