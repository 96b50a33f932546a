import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { Logger } from '../logging/logger.js';
import { MESSAGE_NAMES } from '../queue/messages.js';
import { MessageQueue, type OutgoingMessage } from '../queue/message-queue.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { Database } from '../storage/database.js';

const INTERVAL_MS = 50;
const BATCH = 200;

/** Compared with a time that the statement keeps, the index tells what is due; clock_timestamp() would read all. */
const ANY_DUE = {
  name: 'outbox-any-due',
  text: 'SELECT 1 FROM replicate.outbox WHERE due_at <= statement_timestamp() LIMIT 1',
};

/** As an array, the found ids are looked up one by one; joined, a wrong estimate of their number reads the whole table. */
const TAKE_DUE = `
  DELETE FROM replicate.outbox WHERE message_id = ANY(ARRAY(
    SELECT message_id FROM replicate.outbox WHERE due_at <= statement_timestamp() AND name = ANY($1)
    ORDER BY due_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))
  RETURNING message_id AS id, name, payload`;

/**
 * Carries messages from the outbox to the queue. They leave the outbox only when the queue has them; dying in between
 * sends them again under the same id, which the queue ignores. Any number of relays work beside each other.
 * Messages of names that this version does not know wait for one that does.
 */
@Injectable()
export class Relay extends ScheduledTask {
  constructor(
    private readonly database: Database,
    private readonly queue: MessageQueue,
    logger: Logger,
  ) {
    super('relay', INTERVAL_MS, logger);
  }

  /** Relays one batch; returns whether it was full, so that more may be due. */
  async run(): Promise<boolean> {
    const due = await this.database.query(ANY_DUE, []);
    if (due.length === 0) return false;
    return this.database.transaction(async (manager) => {
      const [messages] = await manager.query<[OutgoingMessage[], number]>(TAKE_DUE, [MESSAGE_NAMES]);
      crashPoint('outbox-taken');
      await this.queue.send(messages);
      crashPoint('outbox-queued');
      return messages.length === BATCH;
    });
  }
}
