import { isFinal, statusOf, type Job, type JobStatus } from './job.js';
import type { JobTransition } from './jobs.repository.js';

/** One change of a job's public status. */
export interface TimelineEntry {
  at: string;
  from: JobStatus | null;
  to: JobStatus;
  cause: string;
}

/** The changes of a job's public status, oldest first, its acceptance before all. */
export function timeline(job: Job, transitions: JobTransition[]): TimelineEntry[] {
  const accepted: TimelineEntry = {
    at: job.createdAt.toISOString(),
    from: null,
    to: 'pending',
    cause: job.retriedFrom === null ? 'request' : `request (retry of ${job.retriedFrom})`,
  };
  const changes = changesKnownTo(job, transitions).map((transition) => ({
    at: transition.at.toISOString(),
    from: statusOf(transition.fromState),
    to: statusOf(transition.toState),
    cause: transition.cause,
  }));
  return [accepted, ...changes];
}

/** The job as it stood after each change of status above `version`, oldest first, its present state last. */
export function statesSince(job: Job, transitions: JobTransition[], version: number): Job[] {
  const missed = changesKnownTo(job, transitions).filter((transition) => transition.version > version);
  return missed.map((transition) => stateAfter(job, transition));
}

/** What was not yet known then is left out. */
function stateAfter(job: Job, { version, at, toState }: JobTransition): Job {
  if (isFinal(toState)) return job;
  const submitted = statusOf(toState) !== 'pending';
  return {
    ...job,
    state: toState,
    version,
    updatedAt: at,
    completedAt: null,
    replicateId: submitted ? job.replicateId : null,
    result: null,
    error: null,
    actualCost: null,
  };
}

/** The changes of status up to the job as it was read: its transitions are read after it, and may hold later ones. */
function changesKnownTo(job: Job, transitions: JobTransition[]): JobTransition[] {
  return transitions.filter(
    ({ version, fromState, toState }) => version <= job.version && statusOf(fromState) !== statusOf(toState),
  );
}
