import { PeriodicTask } from '../../../src/schedule/periodic-task.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A task whose runs are ended by the test. */
function heldTask(intervalMs: number) {
  const ends: { more: (hasMore: boolean) => void; fail: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  const work = () => new Promise<boolean>((more, fail) => ends.push({ more, fail }));
  const task = new PeriodicTask(work, intervalMs, (error) => errors.push(error));
  return { task, ends, errors };
}

describe('a periodic task', () => {
  it('runs at once, then an interval after each end', async () => {
    const { task, ends } = heldTask(100);
    task.start();
    await jest.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(1);
    ends[0]!.more(false);
    await jest.advanceTimersByTimeAsync(99);
    expect(ends).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(ends).toHaveLength(2);
  });

  it('never runs twice at once, however long a run takes', async () => {
    const { task, ends } = heldTask(10);
    task.start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ends).toHaveLength(1);
  });

  it('goes on at once while there is more to do', async () => {
    const { task, ends } = heldTask(60_000);
    task.start();
    for (let run = 0; run < 5; run += 1) {
      await jest.advanceTimersByTimeAsync(0);
      expect(ends).toHaveLength(run + 1);
      ends[run]!.more(true);
    }
  });

  it.each([
    [50, 1_000],
    [500, 5_000],
    [1_000, 5_000],
    [60_000, 60_000],
  ])('with an interval of %i ms waits %i ms after a fault, which it reports', async (intervalMs, waitMs) => {
    const { task, ends, errors } = heldTask(intervalMs);
    task.start();
    await jest.advanceTimersByTimeAsync(0);
    ends[0]!.fail(new Error('away'));
    await jest.advanceTimersByTimeAsync(waitMs - 1);
    expect(ends).toHaveLength(1);
    expect(errors).toEqual([new Error('away')]);
    await jest.advanceTimersByTimeAsync(1);
    expect(ends).toHaveLength(2);
  });

  it('stopped during a run ends with it and runs no more', async () => {
    const { task, ends } = heldTask(10);
    task.start();
    await jest.advanceTimersByTimeAsync(0);
    const stopped = jest.fn();
    const stopping = task.stop().then(stopped);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stopped).not.toHaveBeenCalled();
    ends[0]!.more(true);
    await stopping;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ends).toHaveLength(1);
  });

  it('stopped between runs runs no more', async () => {
    const { task, ends } = heldTask(10);
    task.start();
    await jest.advanceTimersByTimeAsync(0);
    ends[0]!.more(false);
    await jest.advanceTimersByTimeAsync(5);
    await task.stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ends).toHaveLength(1);
  });
});
