import type { Job } from './job.js';

/** What every log line about a job tells of it. */
export function jobLogFields({ requestId, jobId, userId, mediaType, modelId }: Job) {
  return { requestId: requestId ?? undefined, jobId, userId, mediaType, modelId };
}
