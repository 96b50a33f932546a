import { invalidParameters } from '../errors.js';
import type { Job } from './job.js';
import type { JobPosition } from './job-list.repository.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The place of a job in the list as opaque text, for the client to come back with. */
export function writeCursor({ createdAt, jobId }: Pick<Job, 'createdAt' | 'jobId'>): string {
  return Buffer.from(`${createdAt.toISOString()}|${jobId}`).toString('base64url');
}

/** The place that a cursor stands for; throws `invalid_parameters` for any text that `writeCursor` did not make. */
export function readCursor(cursor: string): JobPosition {
  const [createdAt = '', jobId = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split('|');
  if (rest.length === 0 && isMoment(createdAt) && UUID.test(jobId)) return { createdAt, jobId };
  throw invalidParameters([{ path: 'cursor', message: 'cursor must be the nextCursor of an earlier page' }]);
}

/** Whether PostgreSQL and JavaScript read the text as the same moment: no 31 February, no year 0. */
function isMoment(text: string): boolean {
  const time = Date.parse(text);
  return (
    /^\d{4}-/.test(text) && text >= '0001' && !Number.isNaN(time) && new Date(time).toISOString() === text
  );
}
