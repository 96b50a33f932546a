import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Logger } from '../../../src/logging/logger.js';
import { sendMessages } from '../../../src/outbox/outbox.js';
import { Relay } from '../../../src/outbox/relay.js';
import { MessageQueue, type OutgoingMessage } from '../../../src/queue/message-queue.js';
import { message, MESSAGES, type Message } from '../../../src/queue/messages.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';

jest.setTimeout(60_000);

const redisUrl = process.env.REDIS_URL!;
const logger = new Logger('silent');
const names = ['submit-job', 'check-job'] as const;

let db: TestDatabase;
let proxy: TcpProxy;
let prefix: string;
let queues: Queue[];
let queue: MessageQueue;
let relay: Relay;

beforeAll(async () => {
  db = await startTestDatabase();
  proxy = await startTcpProxy('127.0.0.1', Number(new URL(redisUrl).port));
});

beforeEach(async () => {
  await db.pool.query('DELETE FROM replicate.outbox');
  prefix = `it-${randomUUID()}`;
  queues = queuesTo(redisUrl);
  queue = new MessageQueue(queues);
  relay = new Relay(db.database, queue, logger);
});

afterEach(async () => {
  proxy.heal();
  await queues[0]!.obliterate({ force: true });
  await queues[1]!.obliterate({ force: true });
  await Promise.all(queues.map((one) => one.close()));
});

afterAll(async () => {
  await db.close();
  await proxy.close();
});

const queuesTo = (url: string) =>
  names.map((name) => new Queue(name, { prefix, connection: { url, maxRetriesPerRequest: null } }));

const toSubmit = (count: number, delayMs = 0): Message[] =>
  Array.from({ length: count }, () => message('submit-job', { jobId: randomUUID() }, delayMs));

/** Rows of the outbox that were read without an index so far. */
async function rowsScanned(): Promise<number> {
  await db.database.query({ text: 'SELECT pg_stat_force_next_flush()' }, []);
  await db.database.query({ text: 'SELECT 1' }, []);
  const { rows } = await db.pool.query<{ rows: string }>(
    `SELECT seq_tup_read AS rows FROM pg_stat_user_tables WHERE schemaname = 'replicate' AND relname = 'outbox'`,
  );
  return Number(rows[0]!.rows);
}

async function left(): Promise<string[]> {
  const { rows } = await db.pool.query<{ message_id: string }>('SELECT message_id FROM replicate.outbox');
  return rows.map((row) => row.message_id);
}

const queued = async () => (await queues[0]!.getJobs()).map((job) => job.data as { jobId: string });
const sorted = (messages: { jobId: string }[]) => messages.map(({ jobId }) => jobId).sort();
const payloads = (messages: Message[]) => messages.map(({ payload }) => payload as { jobId: string });

/** A queue whose sending fails once the messages are in it, as a process does that dies there. */
const dyingAfterAdd = {
  send: async (messages: OutgoingMessage[]) => {
    await queue.send(messages);
    throw new Error('died');
  },
} as unknown as MessageQueue;

describe('the relay', () => {
  it('carries messages to their queues and leaves none', async () => {
    const submit = toSubmit(3);
    const check = message('check-job', { jobId: randomUUID() });
    await sendMessages(db.database, [...submit, check]);
    const ids = await left();
    expect(await relay.run()).toBe(false);
    expect(await left()).toEqual([]);
    expect(sorted(await queued())).toEqual(sorted(payloads(submit)));
    const [checking] = await queues[1]!.getJobs();
    expect(checking).toMatchObject({ name: 'check-job', data: check.payload });
    expect(ids).toContain(checking!.id);
    expect(checking!.opts.attempts).toBe(MESSAGES['check-job'].attempts);
  });

  it('leaves messages until they are due', async () => {
    await sendMessages(db.database, toSubmit(1, 60_000));
    expect(await relay.run()).toBe(false);
    expect(await left()).toHaveLength(1);
    await db.pool.query(`UPDATE replicate.outbox SET due_at = due_at - interval '61 seconds'`);
    await relay.run();
    expect(await left()).toEqual([]);
    expect(await queued()).toHaveLength(1);
  });

  it('takes a batch at a time, the oldest first, and says when there is more', async () => {
    const late = toSubmit(100);
    await sendMessages(db.database, late);
    await db.pool.query(`UPDATE replicate.outbox SET due_at = due_at - interval '1 second'`);
    const early = toSubmit(200);
    await sendMessages(db.database, early);
    await db.pool.query(`UPDATE replicate.outbox SET due_at = due_at - interval '10 seconds'
      WHERE due_at > clock_timestamp() - interval '500 milliseconds'`);
    expect(await relay.run()).toBe(true);
    expect(sorted(await queued())).toEqual(sorted(payloads(early)));
    expect(await relay.run()).toBe(false);
    expect(await queued()).toHaveLength(300);
  });

  it('that dies between adding and committing sends the same message again, and it is there once', async () => {
    const messages = toSubmit(5);
    await sendMessages(db.database, messages);
    const ids = await left();
    await expect(new Relay(db.database, dyingAfterAdd, logger).run()).rejects.toThrow('died');
    expect((await left()).sort()).toEqual(ids.sort());
    expect(await queued()).toHaveLength(5);
    await relay.run();
    expect(await left()).toEqual([]);
    expect(sorted(await queued())).toEqual(sorted(payloads(messages)));
  });

  it('beside another one sends each message once', async () => {
    await sendMessages(db.database, toSubmit(1_000));
    const sent: string[] = [];
    const counting = {
      send: async (messages: OutgoingMessage[]) => {
        sent.push(...messages.map(({ id }) => id));
        await queue.send(messages);
      },
    } as unknown as MessageQueue;
    const relays = [db.database, await db.another()].map((database) => new Relay(database, counting, logger));
    const drain = async (one: Relay) => {
      while ((await left()).length > 0) await one.run();
    };
    await Promise.all(relays.map(drain));
    expect(sent).toHaveLength(1_000);
    expect(new Set(sent).size).toBe(1_000);
    expect(await queued()).toHaveLength(1_000);
  });

  it('sends in spite of a message that somebody holds', async () => {
    await sendMessages(db.database, toSubmit(2));
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT 1 FROM replicate.outbox LIMIT 1 FOR UPDATE');
      await relay.run();
      expect(await queued()).toHaveLength(1);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    expect(await left()).toHaveLength(1);
  });

  it('sends nothing of what was not committed', async () => {
    const failing = db.database.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO replicate.outbox (name, payload) VALUES ('submit-job', '{"jobId":"x"}')`,
      );
      await relay.run();
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await queued()).toEqual([]);
  });

  it('running by the clock brings a message over by itself, until it stops', async () => {
    relay.onApplicationBootstrap();
    await sendMessages(db.database, toSubmit(1));
    await eventually(queued, (messages) => messages.length === 1);
    await relay.beforeApplicationShutdown();
    await sendMessages(db.database, toSubmit(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await left()).toHaveLength(1);
  });
});

describe('without Redis', () => {
  it.each(['down', 'hang'] as const)(
    '(%s) nothing is lost, and nothing is doubled afterwards',
    async (trouble) => {
      const troubled = queuesTo(throughPort(redisUrl, proxy.port));
      const troubledRelay = new Relay(db.database, new MessageQueue(troubled), logger);
      await Promise.all(troubled.map((one) => one.waitUntilReady()));
      const messages = toSubmit(20);
      await sendMessages(db.database, messages);
      proxy[trouble]();
      await expect(troubledRelay.run()).rejects.toThrow('Redis did not answer in time');
      expect(await left()).toHaveLength(20);
      proxy.heal();
      await eventually(
        () => troubledRelay.run().then(left),
        (ids) => ids.length === 0,
      );
      expect(sorted(await queued())).toEqual(sorted(payloads(messages)));
      await Promise.all(troubled.map((one) => one.close()));
    },
  );
});

describe('a message', () => {
  it('of a queue that nobody registered is not dropped', async () => {
    await sendMessages(db.database, [message('store-outputs', { jobId: randomUUID() })]);
    await expect(relay.run()).rejects.toThrow('No queue is registered for store-outputs messages');
    expect(await left()).toHaveLength(1);
  });

  it('holds ids only, in Redis too', async () => {
    const [sent] = toSubmit(1);
    await sendMessages(db.database, [sent!]);
    await relay.run();
    const redis = new Redis(redisUrl);
    expect(JSON.parse((await redis.hget(`${prefix}:submit-job:${sent!.payload.jobId!}`, 'data'))!)).toEqual(
      sent!.payload,
    );
    redis.disconnect();
  });
});

describe('what is not due yet', () => {
  it('is not read, however much it is', async () => {
    await db.pool.query(`
      INSERT INTO replicate.outbox (name, payload, due_at)
      SELECT 'submit-job', jsonb_build_object('jobId', gen_random_uuid()), clock_timestamp() + interval '1 hour'
      FROM generate_series(1, 20000)`);
    await db.pool.query('ANALYZE replicate.outbox');
    const before = await rowsScanned();
    for (let runs = 0; runs < 5; runs += 1) await relay.run();
    for (const count of [1, 150, 300]) {
      await sendMessages(db.database, toSubmit(count));
      while (await relay.run());
    }
    expect((await rowsScanned()) - before).toBe(0);
    expect(await left()).toHaveLength(20_000);
  });
});
