import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import type { Attempt, Delivery, DeliveryStatus } from './delivery.js';
import { TEST_EVENT, type DeliveredEvent } from './event.js';

const SHOWN_ATTEMPTS = 50;

const columns = (delivery: string) => `
  ${delivery}.delivery_id AS "deliveryId", ${delivery}.endpoint_id AS "endpointId", ${delivery}.event,
  ${delivery}.subject_id AS "subjectId", ${delivery}.status, ${delivery}.next_attempt_at AS "nextAttemptAt",
  ${delivery}.created_at AS "createdAt",
  COALESCE((
    SELECT jsonb_agg(jsonb_build_object('at', extract(epoch FROM newest.at) * 1000, 'httpStatus', http_status,
      'durationMs', duration_ms, 'response', response, 'error', error) ORDER BY attempt_id)
    FROM (SELECT * FROM replicate.webhook_attempts attempt WHERE attempt.delivery_id = ${delivery}.delivery_id
      ORDER BY attempt_id DESC LIMIT ${SHOWN_ATTEMPTS}) newest), '[]') AS attempts`;

const LIST = {
  name: 'webhook-delivery-list',
  text: `SELECT ${columns('delivery')} FROM replicate.webhook_deliveries delivery
    WHERE endpoint_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR event = $3)
      AND ($4::timestamptz IS NULL OR (created_at, delivery_id) < ($4::timestamptz, $5::uuid))
    ORDER BY created_at DESC, delivery_id DESC LIMIT $6`,
};

const REPLAY = {
  name: 'webhook-delivery-replay',
  text: `
    WITH replayed AS (
      UPDATE replicate.webhook_deliveries SET
        status = 'pending', tries = 0, run_id = NULL, next_attempt_at = clock_timestamp()
      WHERE delivery_id = $1 AND endpoint_id = $2 RETURNING *)
    SELECT ${columns('replayed')} FROM replayed`,
};

const ADD_TEST = {
  name: 'webhook-delivery-add-test',
  text: `
    WITH added AS (
      INSERT INTO replicate.webhook_deliveries (endpoint_id, event, occurred_at)
      VALUES ($1, '${TEST_EVENT}', clock_timestamp()) RETURNING *)
    SELECT ${columns('added')} FROM added`,
};

type Row = Omit<Delivery, 'attempts'> & { attempts: (Omit<Attempt, 'at'> & { at: number })[] };

/** Which deliveries of an endpoint to list: of what, after which place, and how many at most. */
export interface DeliveryPage {
  status: DeliveryStatus | undefined;
  event: DeliveredEvent | undefined;
  after: { createdAt: string; id: string } | undefined;
  limit: number;
}

/** The SQL of deliveries as the endpoint's owner sees them. */
@Injectable()
export class DeliveryLogRepository {
  constructor(private readonly database: Database) {}

  /** Up to `limit` deliveries after the place, newest first. */
  async list(endpointId: string, { status, event, after, limit }: DeliveryPage): Promise<Delivery[]> {
    const rows = await this.database.query<Row>(LIST, [
      ...[endpointId, status ?? null, event ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    ]);
    return rows.map(toDelivery);
  }

  /** Has the delivery tried at once and, if need be, as often as a new one; undefined when there is none. */
  async replay(endpointId: string, deliveryId: string): Promise<Delivery | undefined> {
    const [row] = await this.database.query<Row>(REPLAY, [deliveryId, endpointId]);
    return row && toDelivery(row);
  }

  async addTest(endpointId: string): Promise<Delivery> {
    const [row] = await this.database.query<Row>(ADD_TEST, [endpointId]);
    return toDelivery(row!);
  }
}

function toDelivery(row: Row): Delivery {
  return { ...row, attempts: row.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at) })) };
}
