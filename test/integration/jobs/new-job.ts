import { v7 as uuidv7 } from 'uuid';
import { AcceptedJobsRepository, type NewJob } from '../../../src/jobs/accepted-jobs.repository.js';
import type { Database } from '../../../src/storage/database.js';

/** An order for an image; `facts` differ from that. */
export function aNewJob(facts: Partial<NewJob> = {}): NewJob {
  return {
    jobId: uuidv7(),
    owner: null,
    userId: 'producer-1',
    mediaType: 'image',
    modelId: 'flux-schnell',
    parameters: { prompt: 'a lighthouse' },
    providerModel: 'black-forest-labs/flux-schnell',
    providerVersion: null,
    providerKind: 'official',
    providerInput: { prompt: 'a lighthouse' },
    warnings: [],
    estimatedCost: '0.003',
    estimatedTimeSeconds: 5,
    ...facts,
  };
}

/** Has the jobs accepted; no budget may limit them. */
export async function acceptJobs(database: Database, ...jobs: NewJob[]): Promise<void> {
  await new AcceptedJobsRepository(database).acceptUnbound(jobs);
}
