import { Injectable } from '@nestjs/common';
import { insertMessages, outboxRows } from '../outbox/outbox.js';
import type { GivenUpMessage } from '../queue/message-queue.js';
import type { MessageName } from '../queue/messages.js';
import { Database } from '../storage/database.js';

/** A message given up; ids grow with the time of its being noted. */
export interface DeadLetter {
  id: string;
  name: MessageName;
  payload: Record<string, string>;
  reason: string;
  attempts: number;
  givenUpAt: Date;
  replayedAt: Date | null;
}

const COLUMNS = `
  dead_letter_id::text AS id, name, payload, reason, attempts, given_up_at AS "givenUpAt", replayed_at AS "replayedAt"`;

const STORE = {
  name: 'dead-letter-store',
  text: `INSERT INTO replicate.dead_letters (name, queue_id, payload, reason, attempts, given_up_at)
    SELECT name, "queueId", payload, reason, attempts, "givenUpAt"
    FROM jsonb_to_recordset($1) AS given_up (
      name text, "queueId" text, payload jsonb, reason text, attempts integer, "givenUpAt" timestamptz(3))
    ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
};

const LIST = {
  name: 'dead-letter-list',
  text: `SELECT ${COLUMNS} FROM replicate.dead_letters
    WHERE ($1::text IS NULL OR name = $1) AND ($2::bigint IS NULL OR dead_letter_id < $2)
    ORDER BY dead_letter_id DESC LIMIT $3`,
};

const WAITING = {
  name: 'dead-letter-waiting',
  text: `SELECT name, count(*)::int AS letters FROM replicate.dead_letters WHERE replayed_at IS NULL GROUP BY name`,
};

const FIND = {
  name: 'dead-letter-find',
  text: `SELECT ${COLUMNS} FROM replicate.dead_letters WHERE dead_letter_id = $1`,
};

const REPLAY = {
  name: 'dead-letter-replay',
  text: `
    WITH replayed AS (
      UPDATE replicate.dead_letters SET replayed_at = clock_timestamp()
      WHERE dead_letter_id = $1 AND replayed_at IS NULL RETURNING *),
    sent AS (${insertMessages('$2', 'replayed')})
    SELECT ${COLUMNS} FROM replayed`,
};

/** The messages that were given up: why, when and after how many tries. */
@Injectable()
export class DeadLettersRepository {
  constructor(private readonly database: Database) {}

  /** Stores what was given up; the same once only. Returns what is new. */
  async store(messages: GivenUpMessage[]): Promise<DeadLetter[]> {
    return this.database.query<DeadLetter>(STORE, [JSON.stringify(messages)]);
  }

  /** Up to `limit` letters, newest first, those before the id `before` if given. */
  async list(name: string | undefined, before: string | undefined, limit: number): Promise<DeadLetter[]> {
    return this.database.query<DeadLetter>(LIST, [name ?? null, before ?? null, limit]);
  }

  /** How many letters of each name were not sent anew. */
  async waiting(): Promise<{ name: MessageName; letters: number }[]> {
    return this.database.query(WAITING, []);
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    const [letter] = await this.database.query<DeadLetter>(FIND, [id]);
    return letter;
  }

  /** Sends the message anew, in the same statement that notes it; undefined when it was sent before. */
  async replay({ id, name, payload }: DeadLetter): Promise<DeadLetter | undefined> {
    const [letter] = await this.database.query<DeadLetter>(REPLAY, [id, outboxRows([{ name, payload }])]);
    return letter;
  }
}
