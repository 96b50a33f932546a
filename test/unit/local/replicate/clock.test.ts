import { Clock } from '../../../../local/replicate/clock.js';

const clocks: Clock[] = [];
function manualClock(): Clock {
  const clock = new Clock();
  clock.set('manual');
  clocks.push(clock);
  return clock;
}
afterEach(() => clocks.splice(0).forEach((clock) => clock.close()));

describe('a manual clock', () => {
  it('runs what falls due in order of time, then of arrival, each at its own time', async () => {
    const clock = manualClock();
    const start = clock.now();
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.now() - start]);
    clock.after(2000, note('c'));
    clock.after(1000, note('a'));
    clock.after(1000, note('b'));
    clock.after(3001, note('later'));
    await clock.advance(3000);
    expect(ran).toEqual([
      ['a', 1000],
      ['b', 1000],
      ['c', 2000],
    ]);
    expect(clock.now() - start).toBe(3000);
  });

  it('runs what the tasks add, when that falls due too', async () => {
    const clock = manualClock();
    const ran: string[] = [];
    clock.after(10, () => {
      clock.after(10, () => ran.push('second'));
      clock.after(1000, () => ran.push('too late'));
    });
    await clock.advance(25);
    expect(ran).toEqual(['second']);
  });

  it('waits for tracked work before it moves on', async () => {
    const clock = manualClock();
    const start = clock.now();
    let seenAt = -1;
    clock.after(5, () => {
      clock.track(
        new Promise((resolve) => setTimeout(resolve, 20)).then(() => (seenAt = clock.now() - start)),
      );
    });
    await clock.advance(1000);
    expect(seenAt).toBe(5);
  });

  it('stands still by itself and runs what is due now without an advance', async () => {
    const clock = manualClock();
    const before = clock.now();
    await clock.sleep(0);
    expect(clock.now()).toBe(before);
  });

  it('does not run what was cancelled', async () => {
    const clock = manualClock();
    const ran: string[] = [];
    const timer = clock.after(5, () => ran.push('cancelled'));
    timer.cancel();
    timer.cancel();
    await clock.advance(10);
    expect(ran).toEqual([]);
  });
});

describe('a scaled clock', () => {
  it('lets an hour pass in a moment', async () => {
    const clock = new Clock();
    clocks.push(clock);
    clock.set('scaled', 100_000);
    const start = clock.now();
    await clock.sleep(3_600_000);
    expect(clock.now() - start).toBeGreaterThanOrEqual(3_600_000);
  });

  it('goes on from where it stands when the pace changes', () => {
    const clock = manualClock();
    const before = clock.now();
    clock.set('real');
    expect(clock.now()).toBeGreaterThanOrEqual(before);
  });
});

describe('a real clock', () => {
  it('refuses to be advanced', () => {
    const clock = new Clock();
    clocks.push(clock);
    expect(() => clock.advance(1)).toThrow(/manual/);
  });
});
