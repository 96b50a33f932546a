import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Prediction, PredictionStatus } from '../models/prediction.js';
import { insertMessages, outboxRows } from '../outbox/outbox.js';
import { message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import { hasEnded } from './prediction-outcome.js';

/** The provider has ended any prediction by then and forgotten its data. */
const GIVE_UP_AFTER = `interval '3 hours'`;
const CHECK_INTERVAL = `interval '60 seconds'`;

const NOTE = {
  name: 'surplus-note',
  text: `
    WITH noted AS (
      INSERT INTO replicate.surplus_predictions AS known (replicate_id, job_id, status, cost, ended_at)
      VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN clock_timestamp() END)
      ON CONFLICT (replicate_id) DO UPDATE
        SET status = excluded.status, cost = excluded.cost, ended_at = excluded.ended_at WHERE known.ended_at IS NULL
      RETURNING xmax = 0 AS is_new)
    ${insertMessages('$6', '(SELECT FROM noted WHERE is_new) fresh')}`,
};

const SETTLE = {
  name: 'surplus-settle',
  text: `UPDATE replicate.surplus_predictions SET status = $2, cost = $3, ended_at = clock_timestamp()
    WHERE replicate_id = $1 AND ended_at IS NULL`,
};

const GIVE_UP = {
  name: 'surplus-give-up',
  text: `UPDATE replicate.surplus_predictions SET status = 'unknown', ended_at = clock_timestamp()
    WHERE ended_at IS NULL AND check_at <= statement_timestamp() AND noted_at < statement_timestamp() - ${GIVE_UP_AFTER}`,
};

const CANCEL_DUE = {
  name: 'surplus-cancel-due',
  text: `
    WITH due AS (
      SELECT replicate_id FROM replicate.surplus_predictions
      WHERE ended_at IS NULL AND check_at <= statement_timestamp() ORDER BY check_at LIMIT $1 FOR UPDATE SKIP LOCKED),
    pushed AS (
      UPDATE replicate.surplus_predictions surplus SET check_at = clock_timestamp() + ${CHECK_INTERVAL}
      FROM due WHERE surplus.replicate_id = due.replicate_id RETURNING surplus.replicate_id, surplus.job_id)
    INSERT INTO replicate.outbox (name, payload)
    SELECT 'cancel-prediction', jsonb_build_object('jobId', job_id, 'replicateId', replicate_id) FROM pushed
    RETURNING message_id`,
};

/**
 * Predictions whose end no job waits for, each with how it ended and what it cost: with the jobs' own costs they make
 * up all that the provider charges.
 */
@Injectable()
export class SurplusPredictionsRepository {
  constructor(private readonly database: Database) {}

  /** Notes what is known of a surplus prediction; the first note of one that runs has it canceled. */
  async note(jobId: string, prediction: Prediction, cost: string): Promise<void> {
    await this.database.query(NOTE, noteValues(jobId, prediction, cost));
  }

  /** The same within a transaction. */
  async noteWithin(
    manager: EntityManager,
    jobId: string,
    prediction: Pick<Prediction, 'id' | 'status'>,
  ): Promise<void> {
    await manager.query(NOTE.text, noteValues(jobId, prediction, null));
  }

  /** Notes the end of a prediction, if it is a surplus one that was not known to have ended. */
  async settle(replicateId: string, status: PredictionStatus, cost: string): Promise<void> {
    await this.database.query(SETTLE, [replicateId, status, cost]);
  }

  /** Has up to `limit` predictions canceled again whose end has not been heard of; returns how many. */
  async cancelDue(limit: number): Promise<number> {
    await this.database.query(GIVE_UP, []);
    return (await this.database.query(CANCEL_DUE, [limit])).length;
  }
}

function noteValues(jobId: string, { id, status }: Pick<Prediction, 'id' | 'status'>, cost: string | null) {
  const ended = hasEnded(status);
  const cancel = message('cancel-prediction', { jobId, replicateId: id });
  return [id, jobId, status, ended ? cost : null, ended, outboxRows(ended ? [] : [cancel])];
}
