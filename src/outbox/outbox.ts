import type { Database } from '../storage/database.js';
import type { Message } from '../queue/messages.js';

/**
 * SQL that stores messages for the relay, to stand in the same statement as the change they follow from.
 * `source` is a relation whose rows gate the sending (one set of messages a row); `parameter` holds `outboxRows(…)`;
 * `more` is a JSON object made of the source's columns that every payload gains.
 */
export function insertMessages(parameter: string, source: string, more = `'{}'::jsonb`): string {
  return `INSERT INTO replicate.outbox (name, payload, due_at)
    SELECT m->>'name', m->'payload' || ${more}, clock_timestamp() + (m->>'delayMs')::bigint * interval '1 millisecond'
    FROM ${source}, jsonb_array_elements(${parameter}::jsonb) m`;
}

/** The value for the parameter of `insertMessages`. */
export function outboxRows(messages: Message[]): string {
  return JSON.stringify(messages.map(({ name, payload, delayMs = 0 }) => ({ name, payload, delayMs })));
}

const SEND = { name: 'outbox-send', text: insertMessages('$1', '(SELECT 1) always') };

/** Stores messages by themselves, where no other change goes with them. */
export async function sendMessages(database: Database, messages: Message[]): Promise<void> {
  await database.query(SEND, [outboxRows(messages)]);
}
