import type { StoredAnswer } from '../idempotency/idempotency.repository.js';
import type { GenerationOrder } from './generation-order.js';
import type { AcceptedJobDto } from './job.dto.js';

/** The 202 for an accepted job, as it is sent, and sent again to a repetition. */
export function acceptedAnswer(jobId: string, { plan, retriedFrom }: GenerationOrder): StoredAnswer {
  const location = `/status/${jobId}`;
  const body: AcceptedJobDto = {
    jobId,
    status: 'pending',
    estimatedTime: plan.estimatedTimeSeconds,
    estimatedCost: Number(plan.estimatedCost),
    replicateId: null,
    message: `Accepted; follow it at ${location}`,
    ...(plan.warnings.length > 0 ? { warnings: plan.warnings } : {}),
    ...(retriedFrom === undefined ? {} : { retriedFrom }),
  };
  return { status: 202, location, body: JSON.stringify(body) };
}
