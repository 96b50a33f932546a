import { Injectable } from '@nestjs/common';
import { insertMessages, outboxRows } from '../outbox/outbox.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import type { Origin } from '../tracing/tracing.js';

/**
 * A verified delivery. `jobId` is what our own webhook URL carries; the body is the provider's prediction object as it
 * came, in JSON: as text it may hold what PostgreSQL's JSON cannot.
 */
export interface Delivery {
  webhookId: string;
  jobId: string | null;
  replicateId: string;
  body: string;
}

const STORE = {
  name: 'webhook-store',
  text: `
    WITH stored AS (
      INSERT INTO replicate.webhook_inbox (webhook_id, job_id, replicate_id, body) VALUES ($1, $2, $3, $4)
      ON CONFLICT (webhook_id) DO NOTHING RETURNING webhook_id)
    ${insertMessages('$5', 'stored')}`,
};

const FIND = {
  name: 'webhook-find',
  text: `SELECT webhook_id AS "webhookId", job_id AS "jobId", replicate_id AS "replicateId", body
    FROM replicate.webhook_inbox WHERE webhook_id = $1`,
};

const MARK_APPLIED = {
  name: 'webhook-mark-applied',
  text: `UPDATE replicate.webhook_inbox SET applied_at = clock_timestamp(), outcome = $2 WHERE webhook_id = $1
    RETURNING (extract(epoch FROM applied_at - received_at) * 1000)::float8 AS ms`,
};

/** By then the backup poll has settled what a webhook could have told. */
const RESEND_FOR = `interval '2 hours'`;

const RESEND_UNAPPLIED = {
  name: 'webhook-resend-unapplied',
  text: `
    WITH due AS (
      SELECT webhook_id FROM replicate.webhook_inbox
      WHERE applied_at IS NULL AND due_at <= statement_timestamp() AND received_at > statement_timestamp() - ${RESEND_FOR}
      ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    pushed AS (
      UPDATE replicate.webhook_inbox inbox SET due_at = clock_timestamp() + interval '5 minutes'
      FROM due WHERE inbox.webhook_id = due.webhook_id RETURNING inbox.webhook_id)
    INSERT INTO replicate.outbox (name, payload)
    SELECT 'apply-webhook', jsonb_build_object('webhookId', webhook_id) FROM pushed RETURNING message_id`,
};

const REMOVE_OLD = {
  name: 'webhook-remove-old',
  text: `DELETE FROM replicate.webhook_inbox WHERE webhook_id = ANY(ARRAY(
    SELECT webhook_id FROM replicate.webhook_inbox
    WHERE received_at < statement_timestamp() - interval '7 days' LIMIT $1)) RETURNING 1`,
};

/** The durable inbox of webhooks: a row a `webhook-id`. */
@Injectable()
export class WebhookInboxRepository {
  constructor(private readonly database: Database) {}

  /** Stores the delivery and the message that has it applied; a second one of the same id has no effect. */
  async store({ webhookId, jobId, replicateId, body }: Delivery, origin: Origin = {}): Promise<void> {
    const messages = outboxRows([message('apply-webhook', { webhookId, ...origin })]);
    await this.database.query(STORE, [webhookId, jobId, replicateId, body, messages]);
  }

  async find(webhookId: string): Promise<Delivery | undefined> {
    const [delivery] = await this.database.query<Delivery>(FIND, [webhookId]);
    return delivery;
  }

  /** Returns how long (ms) after its arrival that is. */
  async markApplied(webhookId: string, outcome: string): Promise<number> {
    const [applied] = await this.database.query<{ ms: number }>(MARK_APPLIED, [webhookId, outcome]);
    return applied?.ms ?? 0;
  }

  /** Has up to `limit` webhooks applied whose message seems to be lost; returns how many. */
  async resendUnapplied(limit: number): Promise<number> {
    return (await this.database.query(RESEND_UNAPPLIED, [limit])).length;
  }

  /** Removes up to `limit` webhooks that came over a week ago; returns how many. */
  async removeOld(limit: number): Promise<number> {
    return (await this.database.query(REMOVE_OLD, [limit])).length;
  }
}
