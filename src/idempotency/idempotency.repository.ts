import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../errors.js';
import { Database } from '../storage/database.js';
import type { IdempotencyKey } from './idempotency-key.js';

/** An answer as it was given, to be given again byte for byte. */
export interface StoredAnswer {
  status: number;
  location: string | null;
  body: string;
}

/** A key taken for a request, with the answer that a repetition gets. */
export interface Claim {
  key: IdempotencyKey;
  answer: StoredAnswer;
  /** While the first request may still be waiting for a better answer, a repetition is told to come back. */
  busySeconds: number;
}

const LIFE = "interval '24 hours'";

/**
 * SQL that takes a key if `condition` holds, unless a request of the last 24 hours has it; gives one row when it was
 * taken. To stand in the statement that does the request's work, with `claimValues` from parameter `first` on.
 */
export function claimKey(first: number, condition = 'true'): string {
  const [scope, key, fingerprint, status, location, body, busy] = Array.from(
    { length: 7 },
    (_, i) => `$${first + i}`,
  );
  return `INSERT INTO replicate.idempotency_keys AS held
      (scope, key, fingerprint, status, location, body, busy_until)
    SELECT ${scope}, ${key}, ${fingerprint}, ${status}::integer, ${location}, ${body},
      clock_timestamp() + ${busy} * interval '1 second'
    WHERE ${condition}
    ON CONFLICT (scope, key) DO UPDATE SET
      fingerprint = excluded.fingerprint, status = excluded.status, location = excluded.location,
      body = excluded.body, busy_until = excluded.busy_until, created_at = clock_timestamp()
    WHERE held.created_at < clock_timestamp() - ${LIFE}
    RETURNING key`;
}

export function claimValues({ key, answer, busySeconds }: Claim): unknown[] {
  return [key.scope, key.key, key.fingerprint, answer.status, answer.location, answer.body, busySeconds];
}

const FIND = {
  name: 'idempotency-find',
  text: `SELECT fingerprint, status, location, body, busy_until > clock_timestamp() AS busy
    FROM replicate.idempotency_keys
    WHERE scope = $1 AND key = $2 AND created_at >= clock_timestamp() - ${LIFE}`,
};

const FINISH = {
  name: 'idempotency-finish',
  text: `UPDATE replicate.idempotency_keys SET status = $3, location = $4, body = $5, busy_until = clock_timestamp()
    WHERE scope = $1 AND key = $2`,
};

const REMOVE_EXPIRED = {
  name: 'idempotency-remove-expired',
  text: `DELETE FROM replicate.idempotency_keys WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM replicate.idempotency_keys WHERE created_at < statement_timestamp() - ${LIFE} LIMIT $1))
    RETURNING 1`,
};

/** The answers given to requests with an Idempotency-Key, kept for 24 hours. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /**
   * The answer given under the key, or undefined when it is new. Throws `unprocessable` when the key came with another
   * request, `conflict` when the first request is still running.
   */
  async find({ scope, key, fingerprint }: IdempotencyKey): Promise<StoredAnswer | undefined> {
    const [held] = await this.database.query<StoredAnswer & { fingerprint: string; busy: boolean }>(FIND, [
      scope,
      key,
    ]);
    if (!held) return undefined;
    if (held.fingerprint !== fingerprint) {
      throw new AppError(
        'unprocessable',
        'This Idempotency-Key came with another request: use a new key for it',
      );
    }
    if (held.busy) {
      throw new AppError('conflict', 'The first request with this Idempotency-Key is still running', {
        retryAfterSeconds: 1,
      });
    }
    return held;
  }

  /** Takes the key within a transaction; false when it is held. Waits for a transaction that is about to take it. */
  async claimWithin(manager: EntityManager, claim: Claim): Promise<boolean> {
    const taken = await manager.query<unknown[]>(claimKey(1), claimValues(claim));
    return taken.length > 0;
  }

  /** Replaces the answer by the one that was given in the end. */
  async finish({ scope, key }: IdempotencyKey, { status, location, body }: StoredAnswer): Promise<void> {
    await this.database.query(FINISH, [scope, key, status, location, body]);
  }

  /** Removes up to `limit` keys past their life; returns how many. */
  async removeExpired(limit: number): Promise<number> {
    return (await this.database.query(REMOVE_EXPIRED, [limit])).length;
  }
}
