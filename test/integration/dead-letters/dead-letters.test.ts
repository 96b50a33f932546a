import { Metrics } from '../../../src/metrics/metrics.js';
import { randomUUID } from 'node:crypto';
import { Queue, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq';
import { DeadLetterCollector } from '../../../src/dead-letters/dead-letter-collector.js';
import { DeadLettersRepository } from '../../../src/dead-letters/dead-letters.repository.js';
import { Logger } from '../../../src/logging/logger.js';
import { MessageQueue } from '../../../src/queue/message-queue.js';
import { MESSAGE_NAMES, MESSAGES, message } from '../../../src/queue/messages.js';
import { eventually } from '../../support/eventually.js';
import { startApi, type RunningApi } from '../http/api.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';

jest.setTimeout(60_000);

const connection = { url: process.env.REDIS_URL!, maxRetriesPerRequest: null };
const logger = new Logger('silent');

let db: TestDatabase;
let api: RunningApi;
let prefix: string;
let queues: Queue[];
let queue: MessageQueue;
let letters: DeadLettersRepository;
let collector: DeadLetterCollector;
const workers: Worker[] = [];

beforeAll(async () => {
  db = await startTestDatabase();
  api = await startApi({ DATABASE_URL: db.url });
  letters = new DeadLettersRepository(db.database);
});

beforeEach(async () => {
  await db.pool.query('TRUNCATE replicate.dead_letters, replicate.outbox');
  prefix = `it-${randomUUID()}`;
  queues = MESSAGE_NAMES.map((name) => new Queue(name, { prefix, connection }));
  queue = new MessageQueue(queues);
  collector = new DeadLetterCollector(queue, letters, logger, new Metrics());
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
  await Promise.all(queues.map((one) => one.obliterate({ force: true }).then(() => one.close())));
});

afterAll(async () => {
  await api.close();
  await db.close();
});

const submits = () => queues.find(({ name }) => name === 'submit-job')!;

function work(name: string, handle: () => Promise<void>, options: Partial<WorkerOptions> = {}): Worker {
  const backoffStrategy = () => 1;
  const worker = new Worker(name, handle, { prefix, connection, settings: { backoffStrategy }, ...options });
  worker.on('error', () => undefined);
  workers.push(worker);
  return worker;
}

async function send(jobId: string): Promise<void> {
  await queue.send([{ id: randomUUID(), name: 'submit-job', payload: { jobId } }]);
}

const failing = (error: Error) => () => Promise.reject(error);
const failed = () => submits().getFailedCount();

async function givenUp(error: Error): Promise<string> {
  const jobId = randomUUID();
  await send(jobId);
  work('submit-job', failing(error));
  await eventually(failed, (count) => count === 1);
  return jobId;
}

describe('a message given up', () => {
  it('because trying again is of no use leaves a dead letter and its queue', async () => {
    const jobId = await givenUp(new UnrecoverableError('no such thing'));
    await collector.run();
    expect(await letters.list(undefined, undefined, 10)).toEqual([
      {
        id: expect.any(String) as string,
        name: 'submit-job',
        payload: { jobId },
        reason: 'no such thing',
        attempts: 1,
        givenUpAt: expect.any(Date) as Date,
        replayedAt: null,
      },
    ]);
    expect(await failed()).toBe(0);
    expect(await queue.has(message('submit-job', { jobId }))).toBe(false);
  });

  it('after all its tries leaves a dead letter that tells how many', async () => {
    await givenUp(new Error('again and again'));
    await collector.run();
    const [letter] = await letters.list('submit-job', undefined, 10);
    expect(letter).toMatchObject({ reason: 'again and again', attempts: MESSAGES['submit-job'].attempts });
  });

  it('because its worker was lost too often leaves a dead letter', async () => {
    await send(randomUUID());
    const hanging = { lockDuration: 300, skipLockRenewal: true, skipStalledCheck: true };
    const lost = work('submit-job', () => new Promise(() => undefined), hanging);
    await eventually(
      () => submits().getActiveCount(),
      (count) => count === 1,
    );
    await lost.close(true);
    work('submit-job', () => Promise.resolve(), { stalledInterval: 200, maxStalledCount: 0 });
    await eventually(failed, (count) => count === 1);
    await collector.run();
    expect(await letters.list(undefined, undefined, 10)).toMatchObject([
      { reason: expect.stringContaining('stalled') as string },
    ]);
  });

  it('is stored once by collectors that die and race', async () => {
    await givenUp(new UnrecoverableError('no'));
    await letters.store(await queue.givenUp(10));
    await Promise.all([
      collector.run(),
      new DeadLetterCollector(queue, letters, logger, new Metrics()).run(),
    ]);
    expect(await letters.list(undefined, undefined, 10)).toHaveLength(1);
    expect(await failed()).toBe(0);
  });

  it('that the clock sends again anyway leaves nothing', async () => {
    await queue.send([{ id: randomUUID(), name: 'check-job', payload: { jobId: randomUUID() } }]);
    const worker = work('check-job', failing(new UnrecoverableError('no')));
    await new Promise((resolve) => worker.once('failed', resolve));
    await collector.run();
    expect(await letters.list(undefined, undefined, 10)).toEqual([]);
  });
});

describe('the API', () => {
  async function deadLetters(count: number): Promise<void> {
    const givenUpAt = new Date();
    for (let index = 1; index <= count; index += 1) {
      const payload = { jobId: randomUUID() };
      const facts = {
        name: 'store-outputs' as const,
        queueId: `q${index}`,
        reason: `r${index}`,
        attempts: 1,
      };
      await letters.store([{ ...facts, payload, givenUpAt }]);
    }
  }

  it('lists dead letters page by page, newest first', async () => {
    await deadLetters(3);
    const first = await api.client.get('/dead-letters?limit=2');
    expect(first.body).toMatchObject({ items: [{ reason: 'r3' }, { reason: 'r2' }] });
    const { nextCursor } = first.body as { nextCursor: string };
    const rest = await api.client.get(`/dead-letters?limit=2&cursor=${nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ reason: 'r1', replayedAt: null }], nextCursor: null });
    expect((await api.client.get('/dead-letters?name=submit-job')).body).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  it('sends one anew, once, as a new message', async () => {
    await deadLetters(1);
    const [letter] = await letters.list(undefined, undefined, 1);
    const answers = await Promise.all(
      [1, 2].map(() => api.client.post(`/dead-letters/${letter!.id}/replay`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(answers.find(({ status }) => status === 202)!.body).toMatchObject({
      id: letter!.id,
      replayedAt: expect.any(String) as string,
    });
    const { rows } = await db.pool.query('SELECT name, payload FROM replicate.outbox');
    expect(rows).toEqual([{ name: 'store-outputs', payload: letter!.payload }]);
  });

  it.each([
    ['POST', '/dead-letters/999999/replay', 404],
    ['POST', '/dead-letters/none/replay', 404],
    ['POST', `/dead-letters/${'9'.repeat(30)}/replay`, 404],
    ['GET', '/dead-letters?cursor=none', 400],
    ['GET', '/dead-letters?name=none', 400],
    ['GET', '/dead-letters?limit=0', 400],
  ])('answers %s %s with %i', async (method, path, status) => {
    const answer = method === 'GET' ? await api.client.get(path) : await api.client.post(path);
    expect(answer.status).toBe(status);
  });
});
