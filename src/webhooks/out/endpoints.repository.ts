import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../storage/database.js';
import type { Endpoint, EndpointChanges, NewEndpoint } from './endpoint.js';

/** How long a secret that was replaced goes on signing beside the new one. */
const OLD_SECRET_LIFE = "interval '24 hours'";

/** An event costs a call for each endpoint that hears of it. */
export const MOST_ENDPOINTS = 100;

const COLUMNS = `
  endpoint_id AS "endpointId", owner, of_all_owners AS "ofAllOwners", user_id AS "userId", url, events,
  failing_since AS "failingSince", disabled_at AS "disabledAt", disabled_reason AS "disabledReason",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const INSERT = `
  INSERT INTO replicate.webhook_endpoints (endpoint_id, owner, of_all_owners, user_id, url, events, secret)
  SELECT $1, $2, $3, $4, $5, $6, $7 WHERE ${MOST_ENDPOINTS} > (
    SELECT count(*) FROM replicate.webhook_endpoints
    WHERE (owner = $2 OR (owner IS NULL AND $2::text IS NULL)) AND deleted_at IS NULL)
  RETURNING ${COLUMNS}`;

const FIND = {
  name: 'webhook-endpoint-find',
  text: `SELECT ${COLUMNS} FROM replicate.webhook_endpoints WHERE endpoint_id = $1 AND deleted_at IS NULL`,
};

const LIST = {
  name: 'webhook-endpoint-list',
  text: `SELECT ${COLUMNS} FROM replicate.webhook_endpoints
    WHERE ($1::text IS NULL OR owner = $1) AND deleted_at IS NULL
      AND ($2::timestamptz IS NULL OR (created_at, endpoint_id) < ($2::timestamptz, $3::uuid))
    ORDER BY created_at DESC, endpoint_id DESC LIMIT $4`,
};

const CHANGE = {
  name: 'webhook-endpoint-change',
  text: `UPDATE replicate.webhook_endpoints SET
      url = COALESCE($2, url), events = COALESCE($3, events),
      disabled_at = CASE WHEN $4 THEN NULL WHEN NOT $4 THEN COALESCE(disabled_at, clock_timestamp()) ELSE disabled_at END,
      disabled_reason = CASE WHEN $4 THEN NULL WHEN NOT $4 THEN COALESCE(disabled_reason, 'requested')
        ELSE disabled_reason END,
      failing_since = CASE WHEN $4 OR $2 <> url THEN NULL ELSE failing_since END,
      updated_at = clock_timestamp()
    WHERE endpoint_id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`,
};

const ROTATE = {
  name: 'webhook-endpoint-rotate',
  text: `UPDATE replicate.webhook_endpoints SET
      previous_secret = secret, previous_secret_until = clock_timestamp() + ${OLD_SECRET_LIFE},
      secret = $2, updated_at = clock_timestamp()
    WHERE endpoint_id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`,
};

/** Its row stays until the log of its deliveries is swept, without its secrets. */
const REMOVE = {
  name: 'webhook-endpoint-remove',
  text: `UPDATE replicate.webhook_endpoints SET
      deleted_at = clock_timestamp(), secret = '', previous_secret = NULL, previous_secret_until = NULL
    WHERE endpoint_id = $1 AND deleted_at IS NULL RETURNING 1`,
};

/** A page of a list: of whose entries, after which place, and how many at most. */
export interface EndpointPage {
  /** Of all owners when undefined. */
  owner: string | undefined;
  after: { createdAt: string; id: string } | undefined;
  limit: number;
}

/** The SQL of endpoints as their owners see them: none of it gives a secret. */
@Injectable()
export class EndpointsRepository {
  constructor(private readonly database: Database) {}

  /** Stores the endpoint; undefined, with nothing stored, when its owner has as many as may be. */
  async insert(manager: EntityManager, endpoint: NewEndpoint): Promise<Endpoint | undefined> {
    const { endpointId, owner, ofAllOwners, userId, url, events, secret } = endpoint;
    const values = [endpointId, owner, ofAllOwners, userId, url, events, secret];
    const [inserted] = await manager.query<Endpoint[]>(INSERT, values);
    return inserted;
  }

  async find(endpointId: string): Promise<Endpoint | undefined> {
    const [found] = await this.database.query<Endpoint>(FIND, [endpointId]);
    return found;
  }

  /** Up to `limit` endpoints after the place, newest first. */
  list({ owner, after, limit }: EndpointPage): Promise<Endpoint[]> {
    return this.database.query<Endpoint>(LIST, [
      ...[owner ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    ]);
  }

  /** Enabling, and a new URL, let its failures be forgotten. Undefined when there is none. */
  async change(endpointId: string, { url, events, enabled }: EndpointChanges): Promise<Endpoint | undefined> {
    const values = [endpointId, url ?? null, events ?? null, enabled ?? null];
    const [changed] = await this.database.query<Endpoint>(CHANGE, values);
    return changed;
  }

  /** Gives it another secret; the one before goes on signing beside it for a day, those before that end. */
  async rotate(endpointId: string, secret: string): Promise<Endpoint | undefined> {
    const [rotated] = await this.database.query<Endpoint>(ROTATE, [endpointId, secret]);
    return rotated;
  }

  async remove(endpointId: string): Promise<void> {
    await this.database.query(REMOVE, [endpointId]);
  }
}
