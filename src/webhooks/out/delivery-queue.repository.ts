import { Injectable } from '@nestjs/common';
import type { PostAnswer } from '../../egress/post-client.js';
import { Database } from '../../storage/database.js';
import type { TakenDelivery } from './delivery.js';
import type { DisabledReason } from './endpoint.js';
import type { Verdict } from './verdict.js';

/** Above the longest attempt: until then nobody else takes the delivery. */
const LEASE = "interval '60 seconds'";

/** How many deliveries of an endpoint are taken at once; of one that fails, a single one. */
const AT_ONCE = 8;

/** An endpoint that nothing reached for this long is told nothing more. */
const PATIENCE = "interval '5 days'";

const KEPT = "interval '30 days'";

const ANY_DUE = {
  name: 'webhook-delivery-any-due',
  text: 'SELECT 1 FROM replicate.webhook_deliveries WHERE next_attempt_at <= statement_timestamp() LIMIT 1',
};

/** Goes from endpoint to endpoint, so that none is passed over for another's many deliveries. */
const TAKE_DUE = {
  name: 'webhook-delivery-take-due',
  text: `
    WITH RECURSIVE waiting (endpoint_id) AS (
      (SELECT endpoint_id FROM replicate.webhook_deliveries WHERE next_attempt_at IS NOT NULL
        ORDER BY endpoint_id LIMIT 1)
      UNION ALL
      SELECT (SELECT later.endpoint_id FROM replicate.webhook_deliveries later
        WHERE later.next_attempt_at IS NOT NULL AND later.endpoint_id > waiting.endpoint_id
        ORDER BY later.endpoint_id LIMIT 1)
      FROM waiting WHERE waiting.endpoint_id IS NOT NULL),
    due AS (
      SELECT found.delivery_id, endpoint.*
      FROM waiting JOIN replicate.webhook_endpoints endpoint USING (endpoint_id)
      CROSS JOIN LATERAL (
        SELECT delivery.delivery_id FROM replicate.webhook_deliveries delivery
        WHERE delivery.endpoint_id = endpoint.endpoint_id AND delivery.next_attempt_at <= statement_timestamp()
        ORDER BY delivery.next_attempt_at
        LIMIT CASE WHEN endpoint.failing_since IS NULL THEN ${AT_ONCE} ELSE 1 END
        FOR UPDATE SKIP LOCKED) found
      WHERE endpoint.endpoint_id <> ALL($1)
      ORDER BY endpoint.failing_since NULLS FIRST LIMIT $2)
    UPDATE replicate.webhook_deliveries taken SET
      run_id = gen_random_uuid(), next_attempt_at = clock_timestamp() + ${LEASE}
    FROM due WHERE taken.delivery_id = due.delivery_id
    RETURNING taken.delivery_id AS "deliveryId", taken.endpoint_id AS "endpointId", taken.run_id AS "runId",
      taken.event, taken.subject_id AS "subjectId", taken.occurred_at AS "occurredAt", taken.tries, due.url,
      CASE WHEN due.previous_secret_until > clock_timestamp() THEN ARRAY[due.secret, due.previous_secret]
        ELSE ARRAY[due.secret] END AS secrets,
      due.disabled_at IS NULL AND due.deleted_at IS NULL AS enabled,
      EXISTS (SELECT FROM replicate.api_keys key
        WHERE key.key_id = CASE WHEN due.owner LIKE 'key:%' THEN substr(due.owner, 5)::uuid END
          AND (key.revoked_at IS NOT NULL OR key.expires_at <= clock_timestamp())) AS "keyEnded"`,
};

/** `$9` tells whether the endpoint was well: null when nothing was sent. */
const FAILING_SINCE = `
  CASE WHEN $9 THEN NULL WHEN NOT $9 THEN COALESCE(failing_since, clock_timestamp()) ELSE failing_since END`;

/** A delivery was tried for a day before it fails: its failure is what shows that an endpoint is no more. */
const DISABLED_REASON = `
  COALESCE(disabled_reason, $10, CASE WHEN $7 = 'failed' AND NOT $9
    AND failing_since < clock_timestamp() - ${PATIENCE} THEN 'failing' END)`;

/** The attempt is noted, and counts for the endpoint, also when the delivery was taken anew meanwhile. */
const FINISH = {
  name: 'webhook-delivery-finish',
  text: `
    WITH attempted AS (
      SELECT delivery_id, endpoint_id FROM replicate.webhook_deliveries WHERE delivery_id = $1),
    noted AS (
      INSERT INTO replicate.webhook_attempts (delivery_id, at, http_status, duration_ms, response, error)
      SELECT delivery_id, clock_timestamp() - $3::integer * interval '1 millisecond', $4, $3, $5, $6
      FROM attempted),
    moved AS (
      UPDATE replicate.webhook_deliveries SET
        status = $7, tries = tries + 1, run_id = NULL,
        next_attempt_at = clock_timestamp() + $8::float8 * interval '1 second'
      WHERE delivery_id = $1 AND run_id = $2)
    UPDATE replicate.webhook_endpoints endpoint SET
      failing_since = ${FAILING_SINCE}, disabled_reason = ${DISABLED_REASON},
      disabled_at = CASE WHEN ${DISABLED_REASON} IS NULL THEN NULL
        ELSE COALESCE(disabled_at, clock_timestamp()) END
    FROM attempted
    WHERE endpoint.endpoint_id = attempted.endpoint_id
      AND (failing_since IS DISTINCT FROM ${FAILING_SINCE} OR disabled_reason IS DISTINCT FROM ${DISABLED_REASON})
    RETURNING disabled_reason AS "disabledReason"`,
};

const REMOVE_OLD = {
  name: 'webhook-delivery-remove-old',
  text: `DELETE FROM replicate.webhook_deliveries WHERE delivery_id = ANY(ARRAY(
    SELECT delivery_id FROM replicate.webhook_deliveries
    WHERE next_attempt_at IS NULL AND created_at < statement_timestamp() - ${KEPT} LIMIT $1)) RETURNING 1`,
};

/** Removed only when no delivery can be left. */
const REMOVE_DELETED_ENDPOINTS = {
  name: 'webhook-endpoint-remove-deleted',
  text: `DELETE FROM replicate.webhook_endpoints endpoint WHERE deleted_at < statement_timestamp() - ${KEPT}
    AND NOT EXISTS (SELECT FROM replicate.webhook_deliveries delivery
      WHERE delivery.endpoint_id = endpoint.endpoint_id)`,
};

/** The SQL of deliveries as workers see them. */
@Injectable()
export class DeliveryQueueRepository {
  constructor(private readonly database: Database) {}

  /** Takes up to `limit` deliveries whose time has come, of other endpoints than those; kept from others for 60 s. */
  async take(busyEndpointIds: string[], limit: number): Promise<TakenDelivery[]> {
    const due = await this.database.query(ANY_DUE, []);
    return due.length === 0 ? [] : this.database.query<TakenDelivery>(TAKE_DUE, [busyEndpointIds, limit]);
  }

  /**
   * Notes an attempt with what follows from it, for the delivery and for its endpoint. Returns why the endpoint is
   * disabled, when this attempt changed what is kept of it and it is.
   */
  async finish(
    { deliveryId, runId }: Pick<TakenDelivery, 'deliveryId' | 'runId'>,
    { durationMs, httpStatus, response, error }: PostAnswer,
    { status, waitSeconds, well, disable }: Verdict,
  ): Promise<DisabledReason | undefined> {
    const attempt = [durationMs, httpStatus, response, error];
    const values = [deliveryId, runId, ...attempt, status, waitSeconds, well, disable];
    const [changed] = await this.database.query<{ disabledReason: DisabledReason | null }>(FINISH, values);
    return changed?.disabledReason ?? undefined;
  }

  /** Removes up to `limit` deliveries that ended and are 30 days old, with their attempts; returns how many. */
  async removeOld(limit: number): Promise<number> {
    await this.database.query(REMOVE_DELETED_ENDPOINTS, []);
    return (await this.database.query(REMOVE_OLD, [limit])).length;
  }
}
