import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { AppError } from '../../../src/errors.js';
import { MessageConsumer, type Delivery } from '../../../src/queue/message-consumer.js';
import { MESSAGES } from '../../../src/queue/messages.js';

class Consumer extends MessageConsumer<'submit-job'> {
  protected readonly messageName = 'submit-job';
  readonly handled: { jobId: string; delivery: Delivery }[] = [];

  constructor(private readonly fault?: Error) {
    super();
  }

  protected async handle({ jobId }: { jobId: string }, delivery: Delivery): Promise<void> {
    this.handled.push({ jobId, delivery });
    if (this.fault !== undefined) throw this.fault;
  }
}

const delivered = (facts: { data?: unknown; attemptsMade?: number } = {}) =>
  ({ data: { jobId: 'j1' }, attemptsMade: 0, ...facts }) as Job;

describe('a consumer of messages', () => {
  it('hands on the payload and the signal that BullMQ gives to a function of three parameters', async () => {
    const consumer = new Consumer();
    const { signal } = new AbortController();
    await consumer.process(delivered(), 'token', signal);
    expect(consumer.handled).toEqual([{ jobId: 'j1', delivery: { signal, attempt: 1, lastAttempt: false } }]);
    expect(consumer.process).toHaveLength(3);
  });

  it.each([
    [0, false],
    [MESSAGES['submit-job'].attempts - 2, false],
    [MESSAGES['submit-job'].attempts - 1, true],
  ])('after %i tries is at its last: %s', async (attemptsMade, lastAttempt) => {
    const consumer = new Consumer();
    await consumer.process(delivered({ attemptsMade }));
    expect(consumer.handled[0]!.delivery.lastAttempt).toBe(lastAttempt);
  });

  it('gives up at once what trying again cannot mend', async () => {
    const consumer = new Consumer(new AppError('output_invalid', 'not an image'));
    await expect(consumer.process(delivered())).rejects.toThrow(UnrecoverableError);
    await expect(consumer.process(delivered())).rejects.toThrow('output_invalid: not an image');
  });

  it.each([
    ['an outage', new AppError('service_unavailable', 'away', { retryable: true })],
    ['what nobody foresaw', new TypeError('odd')],
  ])('has %s tried again', async (_what, fault) => {
    await expect(new Consumer(fault).process(delivered())).rejects.toBe(fault);
  });

  it('of a worker that stops goes back to its queue, as if it had not been tried', async () => {
    const consumer = new Consumer(new Error('aborted'));
    Object.defineProperty(consumer, 'worker', { value: { close: () => Promise.resolve() } });
    await consumer.beforeApplicationShutdown();
    const moveToWait = jest.fn(() => Promise.resolve(0));
    const held = Object.assign(delivered(), { moveToWait });
    await expect(consumer.process(held, 'token', AbortSignal.abort())).rejects.toThrow(WaitingError);
    expect(moveToWait).toHaveBeenCalledWith('token');
  });

  it('handles no message without its ids', async () => {
    const consumer = new Consumer();
    await expect(consumer.process(delivered({ data: {} }))).rejects.toThrow('lacks jobId');
    expect(consumer.handled).toEqual([]);
  });
});
