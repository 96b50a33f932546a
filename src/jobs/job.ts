import type { MediaType } from '../models/model.js';

/** Where a job stands inside; clients see the coarser `JobStatus`. */
export type JobState =
  'pending' | 'submitting' | 'processing' | 'storing' | 'completed' | 'failed' | 'canceled';

/** Where a job stands, as clients see it. */
export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'canceled';

export const JOB_STATUSES: readonly JobStatus[] = [
  'pending',
  'processing',
  'completed',
  'failed',
  'canceled',
];

/**
 * Which state may follow which. A submission that was surely not created returns to `pending`; a final state has no
 * successor, which PostgreSQL enforces too.
 */
const SUCCESSORS: Record<JobState, readonly JobState[]> = {
  pending: ['submitting', 'processing', 'storing', 'failed', 'canceled'],
  submitting: ['pending', 'processing', 'storing', 'failed', 'canceled'],
  processing: ['storing', 'failed', 'canceled'],
  storing: ['completed', 'failed'],
  completed: [],
  failed: [],
  canceled: [],
};

const PUBLIC_STATUS: Record<JobState, JobStatus> = {
  pending: 'pending',
  submitting: 'pending',
  processing: 'processing',
  storing: 'processing',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
};

const STATES = Object.keys(SUCCESSORS) as JobState[];

export function mayFollow(from: JobState, to: JobState): boolean {
  return SUCCESSORS[from].includes(to);
}

/** The states from which `to` may be reached. */
export function predecessors(to: JobState): JobState[] {
  return STATES.filter((from) => mayFollow(from, to));
}

export function statusOf(state: JobState): JobStatus {
  return PUBLIC_STATUS[state];
}

/** The states that clients see as `status`. */
export function statesOf(status: JobStatus): JobState[] {
  return STATES.filter((state) => PUBLIC_STATUS[state] === status);
}

export function isFinal(state: JobState): boolean {
  return SUCCESSORS[state].length === 0;
}

/** Why a job failed. `message` is fit for clients, `detail` (the provider's own words) for the operator only. */
export interface JobError {
  code: string;
  message: string;
  retryable: boolean;
  detail?: string;
}

/** One stored output file; keys are object keys in the bucket, sizes are bytes and pixels. */
export interface JobOutput {
  objectKey: string;
  fileSize: number;
  contentType: string;
  sha256: string;
  width?: number;
  height?: number;
  durationSeconds?: number;
  thumbnailKey?: string;
  previewKey?: string;
  waveformKey?: string;
}

/** What a completed job made. */
export interface JobResult {
  metadataKey: string;
  outputs: JobOutput[];
}

/** What the provider gave when it had ended: output URLs and its own metrics. */
export interface FinishedPrediction {
  outputs: string[];
  metrics: Record<string, unknown>;
}

/** A job as PostgreSQL keeps it. Costs are exact decimals in USD, as text. */
export interface Job {
  jobId: string;
  /** Whose it is besides the admins': `key:{keyId}` or `user:{sub}`. */
  owner: string | null;
  userId: string;
  mediaType: MediaType;
  modelId: string;
  state: JobState;
  version: number;
  parameters: Record<string, unknown>;
  providerModel: string | null;
  providerVersion: string | null;
  providerKind: 'official' | 'community';
  providerInput: Record<string, unknown>;
  warnings: string[];
  estimatedCost: string;
  estimatedTimeSeconds: number;
  actualCost: string | null;
  attempt: number;
  nonce: string | null;
  submittedAt: Date | null;
  replicateId: string | null;
  prediction: FinishedPrediction | null;
  result: JobResult | null;
  error: JobError | null;
  cancelRequestedAt: Date | null;
  retriedFrom: string | null;
  scriptId: string | null;
  /** The request that made it, and the trace that it belongs to. */
  requestId: string | null;
  traceparent: string | null;
  createdAt: Date;
  updatedAt: Date;
  completedAt: Date | null;
}
