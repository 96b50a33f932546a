import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { readCursor, writeCursor } from '../../../src/jobs/job-cursor.js';

const jobId = randomUUID();
const encoded = (text: string) => Buffer.from(text).toString('base64url');

function isRefused(cursor: string): boolean {
  try {
    readCursor(cursor);
    return false;
  } catch (error) {
    return error instanceof AppError && error.code === 'invalid_parameters';
  }
}

describe('a cursor', () => {
  it('leads back to the place it was made of', () => {
    const moment = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
    });
    fc.assert(
      fc.property(moment, fc.uuid(), (createdAt, id) => {
        fc.pre(!Number.isNaN(createdAt.getTime()));
        const place = { createdAt: createdAt.toISOString(), jobId: id };
        expect(readCursor(writeCursor({ createdAt, jobId: id }))).toEqual(place);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['text without a job', '2026-01-01T00:00:00.000Z'],
    ['dashes for a job', `2026-01-01T00:00:00.000Z|${'-'.repeat(36)}`],
    ['a job with a dash too many', `2026-01-01T00:00:00.000Z|${jobId.slice(0, 35)}-`],
    ['a part too many', `2026-01-01T00:00:00.000Z|${jobId}|x`],
    ['NUL', `2026-01-01T00:00:00.000Z|${jobId}\u0000`],
    ['31 February', `2026-02-31T00:00:00.000Z|${jobId}`],
    ['the hour 24', `2026-02-01T24:00:00.000Z|${jobId}`],
    ['the year 0', `0000-01-01T00:00:00.000Z|${jobId}`],
    ['a year before it', `-00001-01-01T00:00:00.000Z|${jobId}`],
    ['a year of six digits', `+012026-01-01T00:00:00.000Z|${jobId}`],
    ['a time without milliseconds', `2026-01-01T00:00:00Z|${jobId}`],
  ])('of %s is refused', (_what, text) => {
    expect(isRefused(encoded(text))).toBe(true);
  });

  it('of any other text is refused', () => {
    fc.assert(fc.property(fc.string(), (text) => isRefused(text) && isRefused(encoded(text))));
  });
});
