import type { JobMirrorItem } from '../storage/job-mirror.store.js';
import type { StatusSnapshot } from '../storage/status-cache.store.js';
import { isFinal, statusOf, type Job } from './job.js';
import { statusBody, type ShownAddresses } from './job-status.js';

/** The job's status as every layer keeps it. */
export function statusSnapshot(job: Job, addresses: ShownAddresses): StatusSnapshot {
  return {
    version: job.version,
    owner: job.owner,
    final: isFinal(job.state),
    body: Buffer.from(JSON.stringify(statusBody(job, addresses))),
  };
}

/** The job's item in the DynamoDB mirror. */
export function mirrorItem(job: Job, snapshot: StatusSnapshot): JobMirrorItem {
  return {
    jobId: job.jobId,
    timestamp: job.createdAt.getTime(),
    version: job.version,
    owner: job.owner,
    userId: job.userId,
    mediaType: job.mediaType,
    modelId: job.modelId,
    status: statusOf(job.state),
    ...(job.replicateId === null ? {} : { replicateId: job.replicateId }),
    updatedAt: job.updatedAt.toISOString(),
    final: snapshot.final,
    body: snapshot.body.toString(),
  };
}
