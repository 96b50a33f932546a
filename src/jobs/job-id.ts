import { AppError } from '../errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The job id of a path, in lower case; what cannot be one is a job that does not exist. */
export function readJobId(text: string): string {
  if (!UUID.test(text)) throw new AppError('job_not_found', 'There is no such job: a job id is a UUID');
  return text.toLowerCase();
}
