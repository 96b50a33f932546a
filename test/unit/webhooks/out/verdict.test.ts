import fc from 'fast-check';
import type { PostAnswer } from '../../../../src/egress/post-client.js';
import { judge, MOST_TRIES } from '../../../../src/webhooks/out/verdict.js';

const answered = (httpStatus: number | null, more: Partial<PostAnswer> = {}): PostAnswer => ({
  ...{ httpStatus, durationMs: 5, response: '', error: null },
  ...more,
});

describe('an attempt', () => {
  it.each([200, 201, 202, 204, 299])('answered %i is a success', (status) => {
    expect(judge(answered(status), 1, 0)).toEqual({
      status: 'delivered',
      waitSeconds: null,
      well: true,
      disable: null,
    });
  });

  it.each([100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 999, null])(
    'answered %s is tried again',
    (status) => {
      expect(judge(answered(status), 1, 0)).toEqual({
        status: 'pending',
        waitSeconds: 5,
        well: false,
        disable: null,
      });
    },
  );

  it('answered 410 ends the delivery and the endpoint', () => {
    expect(judge(answered(410), 1, 0)).toEqual({
      status: 'failed',
      waitSeconds: null,
      well: false,
      disable: 'gone',
    });
  });

  it('is the last after a day and more, whatever chance adds', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
        const waits = Array.from({ length: MOST_TRIES - 1 }, (_, tries) =>
          judge(answered(500), tries + 1, chance),
        );
        expect(waits.every(({ status }) => status === 'pending')).toBe(true);
        const hours = waits.reduce((sum, { waitSeconds }) => sum + waitSeconds!, 0) / 3_600;
        expect(hours).toBeGreaterThan(24);
        expect(hours).toBeLessThan(36);
        expect(judge(answered(500), MOST_TRIES, chance)).toMatchObject({ status: 'failed', disable: null });
      }),
    );
  });

  it.each([
    [1, 2, 5],
    [1, 120, 120],
    [1, 999_999, 3_600],
    [3, 120, 1_800],
  ])('number %i whose answer asks for %i s waits %i s', (tries, retryAfterSeconds, waitSeconds) => {
    expect(judge(answered(503, { retryAfterSeconds }), tries, 0)).toMatchObject({ waitSeconds });
  });
});
