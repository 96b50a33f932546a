import fc from 'fast-check';
import { readWaitSeconds } from '../../../src/http/prefer.js';

describe('the time a client prefers to wait', () => {
  it.each([
    ['wait=1', 1],
    ['wait=60', 60],
    ['WAIT=5', 5],
    ['wait="7"', 7],
    ['wait = 8', 8],
    ['respond-async, wait=10', 10],
    ['wait=10, respond-async', 10],
    ['wait=10; foo=bar', 10],
    ['wait=61', 60],
    ['wait=9999', 60],
    ['wait=0', 1],
  ])('of %j is %i s', (prefer, seconds) => {
    expect(readWaitSeconds(prefer)).toBe(seconds);
  });

  it.each([
    undefined,
    5,
    ['wait=5'],
    '',
    'wait',
    'wait=',
    'wait=soon',
    'wait=-1',
    'wait=1.5',
    'wait=5s',
    'respond-async',
    'await=5',
    'x-wait=5',
    'waiting=5',
  ])('of %j is none', (prefer) => {
    expect(readWaitSeconds(prefer)).toBeUndefined();
  });

  it('is never outside 1 to 60, whatever is sent', () => {
    const header = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.integer().map((seconds) => `wait=${seconds}`),
    );
    fc.assert(
      fc.property(header, (prefer) => {
        const seconds = readWaitSeconds(prefer);
        expect(seconds === undefined || (seconds >= 1 && seconds <= 60)).toBe(true);
      }),
    );
  });

  it('is read in no time from a header made to be slow', () => {
    expect(readWaitSeconds(`${'wait '.repeat(3_000)}${' '.repeat(3_000)}=`)).toBeUndefined();
  });
});
