import type { Postponement } from '../models/replicate.provider.js';
import type { Job } from './job.js';

/** A prediction runs at most this long, waiting included, before the provider ends it. */
const SHORTEST_DEADLINE_SECONDS = 900;
const LONGEST_DEADLINE_SECONDS = 1_800;

/** The provider deletes outputs after an hour: a prediction unknown by then is lost. */
export const DATA_LIFETIME_SECONDS = 3_600;

/** How long after its deadline a prediction may still run before it is no longer waited for. */
export const OVERDUE_SECONDS = 600;

const HOUR = 3_600;

/**
 * How long after its acceptance a job is still submitted anew. An account that is refused is for the operator to mend,
 * which may take a weekend; nothing is paid while its jobs wait.
 */
export const PATIENCE_SECONDS: Record<Postponement, number> = {
  throttled: 24 * HOUR,
  unreachable: 24 * HOUR,
  refused_account: 72 * HOUR,
};

/** How long to find out what became of a create: by then its output would have been deleted. */
export const UNCLEAR_SECONDS = LONGEST_DEADLINE_SECONDS + DATA_LIFETIME_SECONDS;

/** The time that the provider is given for the job's prediction, waiting included. */
export function deadlineSeconds(job: Job): number {
  return Math.max(
    SHORTEST_DEADLINE_SECONDS,
    Math.min(LONGEST_DEADLINE_SECONDS, 20 * job.estimatedTimeSeconds),
  );
}
