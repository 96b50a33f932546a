import { v7 as uuidv7 } from 'uuid';
import type { NewJob } from '../../../src/jobs/jobs.repository.js';

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
