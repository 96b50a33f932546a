import type { Job } from '../../../src/jobs/job.js';
import type { Prediction } from '../../../src/models/prediction.js';

const acceptedAt = new Date('2026-01-02T03:04:05.006Z');

/** A job just accepted; `facts` differ from that. */
export function aJob(facts: Partial<Job> = {}): Job {
  return {
    jobId: '01890000-0000-7000-8000-000000000001',
    owner: null,
    userId: 'producer-1',
    mediaType: 'image',
    modelId: 'flux-schnell',
    state: 'pending',
    version: 1,
    parameters: { prompt: 'a lighthouse' },
    providerModel: 'black-forest-labs/flux-schnell',
    providerVersion: null,
    providerKind: 'official',
    providerInput: { prompt: 'a lighthouse' },
    warnings: [],
    estimatedCost: '0.003000',
    estimatedTimeSeconds: 5,
    actualCost: null,
    attempt: 0,
    nonce: null,
    submittedAt: null,
    replicateId: null,
    prediction: null,
    result: null,
    error: null,
    cancelRequestedAt: null,
    retriedFrom: null,
    scriptId: null,
    requestId: null,
    traceparent: null,
    createdAt: acceptedAt,
    updatedAt: acceptedAt,
    completedAt: null,
    ...facts,
  };
}

/** A prediction that has just started; `facts` differ from that. */
export function aPrediction(facts: Partial<Prediction> = {}): Prediction {
  return {
    id: 'p1',
    status: 'starting',
    model: 'black-forest-labs/flux-schnell',
    input: {},
    outputs: facts.status === 'succeeded' ? ['https://replicate.delivery/a.webp'] : [],
    error: null,
    metrics: {},
    webhook: null,
    dataRemoved: false,
    ...facts,
  };
}
