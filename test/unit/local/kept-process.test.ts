import { keptProcess } from '../../../local/kept-process.js';
import type { ServiceProcess } from '../../../local/services/service-process.js';

/** Starts processes that end when the test says so. */
function processes() {
  const started: { end: (how: string) => Promise<void> }[] = [];
  const start = (): ServiceProcess => {
    let stopping = false;
    let resolve!: (how: string) => void;
    const ended = new Promise<string>((settle) => (resolve = settle));
    started.push({ end: (how) => Promise.resolve(resolve(how)).then(() => new Promise(setImmediate)) });
    return {
      name: 'worker',
      pid: started.length,
      ended,
      get stopping() {
        return stopping;
      },
      stop: async () => {
        stopping = true;
        resolve('exit code 0');
        await ended;
      },
      kill: () => resolve('signal SIGKILL'),
    };
  };
  return { started, start };
}

describe('a kept process', () => {
  it('is started again when it ends unasked, and that is told', async () => {
    const { started, start } = processes();
    const told: string[] = [];
    const kept = keptProcess(start, (sentence) => told.push(sentence));
    await started[0]!.end('signal SIGKILL');
    expect([started.length, kept.pid]).toEqual([2, 2]);
    expect(told).toEqual(['The worker ended (signal SIGKILL): it is started again.']);
  });

  it('that was asked to stop stays stopped', async () => {
    const { started, start } = processes();
    const kept = keptProcess(start, () => undefined);
    await kept.stop();
    expect(await kept.ended).toBe('exit code 0');
    expect(started).toHaveLength(1);
  });

  it('that cannot stay up ends for good', async () => {
    const { started, start } = processes();
    const kept = keptProcess(start, () => undefined);
    for (let ends = 0; ends < 6; ends += 1) await started[ends]!.end('signal SIGKILL');
    expect(await kept.ended).toBe('signal SIGKILL');
    expect(started).toHaveLength(6);
  });

  it('that gives up while it starts is not asked again what is wrong', async () => {
    const { started, start } = processes();
    const kept = keptProcess(start, () => undefined);
    await started[0]!.end('exit code 1');
    expect(await kept.ended).toBe('exit code 1');
    expect(started).toHaveLength(1);
  });
});
