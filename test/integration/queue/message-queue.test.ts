import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { MessageQueue } from '../../../src/queue/message-queue.js';
import { message, type Message } from '../../../src/queue/messages.js';
import { eventually } from '../../support/eventually.js';

jest.setTimeout(60_000);

const connection = { url: process.env.REDIS_URL!, maxRetriesPerRequest: null };

let prefix: string;
let submits: Queue;
let queue: MessageQueue;
const workers: Worker[] = [];

beforeEach(() => {
  prefix = `it-${randomUUID()}`;
  submits = new Queue('submit-job', { prefix, connection });
  queue = new MessageQueue([submits]);
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
  await submits.obliterate({ force: true });
  await submits.close();
});

const submit = (round?: string) =>
  message('submit-job', { jobId: randomUUID(), ...(round === undefined ? {} : { round }) });
const send = ({ name, payload }: Message) => queue.send([{ id: randomUUID(), name, payload }]);

function work(handle: () => Promise<void>): Worker {
  const worker = new Worker('submit-job', handle, {
    prefix,
    connection,
    limiter: { max: 50, duration: 1_000 },
  });
  workers.push(worker);
  return worker;
}

const counts = () => submits.getJobCounts('waiting', 'completed', 'failed');

describe('a message with an identity', () => {
  it('is in its queue until it is handled, however many others wait', async () => {
    const [lost, kept] = [submit(), submit()];
    await send(kept);
    expect([await queue.has(kept), await queue.has(lost)]).toEqual([true, false]);
  });

  it('is there once, however often it is sent', async () => {
    const again = submit();
    await Promise.all([send(again), send(again), send(again)]);
    expect(await counts()).toMatchObject({ waiting: 1 });
  });

  it('of another round is another message', async () => {
    const first = submit();
    const second = message('submit-job', { jobId: first.payload.jobId!, round: '1' });
    await send(first);
    expect(await queue.has(second)).toBe(false);
    await send(second);
    expect(await counts()).toMatchObject({ waiting: 2 });
  });

  it('can be sent again once it is done', async () => {
    const done = submit();
    await send(done);
    work(() => Promise.resolve());
    await eventually(counts, ({ completed }) => completed === 1);
    await send(done);
    expect(await counts()).toMatchObject({ waiting: 0, completed: 1 });
    expect(await queue.has(done)).toBe(false);
    await send(done);
    await eventually(counts, ({ waiting, completed }) => waiting === 0 && completed === 1);
  });
});

describe('the queues', () => {
  it('tell once that they are new, and once each time that they were emptied', async () => {
    expect([await queue.wasEmptied(), await queue.wasEmptied()]).toEqual([true, false]);
    await submits.obliterate({ force: true });
    const client = await submits.getBackend().client;
    await client.del(submits.toKey('known'));
    expect([await queue.wasEmptied(), await queue.wasEmptied()]).toEqual([true, false]);
  });

  it('give no message to any worker while they pause', async () => {
    const taken: number[] = [];
    await queue.pause('submit-job', 1);
    const pausedAt = Date.now();
    await send(submit());
    work(() => Promise.resolve(void taken.push(Date.now())));
    await eventually(
      () => Promise.resolve(taken),
      (times) => times.length === 1,
    );
    expect(taken[0]! - pausedAt).toBeGreaterThanOrEqual(900);
  });
});
