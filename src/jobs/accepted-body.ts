import type { AcceptedJob } from './generation.service.js';
import type { AcceptedJobDto } from './job.dto.js';

/** The body of a 202. */
export function acceptedBody({ jobId, plan }: AcceptedJob, retriedFrom?: string): AcceptedJobDto {
  return {
    jobId,
    status: 'pending',
    estimatedTime: plan.estimatedTimeSeconds,
    estimatedCost: Number(plan.estimatedCost),
    replicateId: null,
    message: `Accepted; follow it at /status/${jobId}`,
    ...(plan.warnings.length > 0 ? { warnings: plan.warnings } : {}),
    ...(retriedFrom === undefined ? {} : { retriedFrom }),
  };
}
