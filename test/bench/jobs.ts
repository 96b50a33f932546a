import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchApp } from './bench-app.js';

/** A status body, as far as the bench reads it. */
export interface Status {
  jobId: string;
  status: string;
  replicateId: string | null;
  createdAt: string;
  completedAt?: string;
  result?: { originalUrl: string; s3Path: string; fileSize: number; sha256: string; contentType: string };
  error?: { code: string; message: string };
}

export const IMAGE_ORDER = {
  mediaType: 'image',
  modelId: 'flux-schnell',
  userId: 'bench',
  prompt: 'A lighthouse in a storm, oil painting',
  parameters: { width: 1024, height: 576, seed: 7, output_format: 'jpg' },
};

/** How often a wait asks: each question costs the same processors as the work that is waited for. */
const POLL_MS = 100;

/** Accepts a job; gives its id. */
export async function submit(app: BenchApp, order: object, headers = {}): Promise<string> {
  const { jobId } = await app.call<{ jobId: string }>('POST', '/generate-media', order, headers);
  return jobId;
}

/** Asks for the status until it is the one wanted; rejects when the job ends otherwise, or after `timeoutMs`. */
export async function untilStatus(
  app: BenchApp,
  jobId: string,
  wanted: string,
  { timeoutMs = 60_000, pollMs = POLL_MS }: { timeoutMs?: number; pollMs?: number } = {},
): Promise<Status> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const status = await app.call<Status>('GET', `/status/${jobId}`);
    if (status.status === wanted) return status;
    const over = ['completed', 'failed', 'canceled'].includes(status.status);
    if (over || Date.now() > deadline) {
      throw new Error(`Job ${jobId} is ${status.status}, not ${wanted}: ${JSON.stringify(status.error)}`);
    }
    await sleep(pollMs);
  }
}
