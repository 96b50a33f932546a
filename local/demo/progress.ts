import { setTimeout as delay } from 'node:timers/promises';
import type { DemoClient, DemoStatus } from './demo-client.js';

const INTERVAL_MS = 100;
const TIMEOUT_MS = 120_000;

/** Follows a job to its end, telling each new status with the time it took; a job that does not complete is an error. */
export async function followJob(client: DemoClient, jobId: string): Promise<DemoStatus> {
  const startedAt = Date.now();
  let last = '';
  while (Date.now() - startedAt < TIMEOUT_MS) {
    const body = await client.status(jobId);
    if (body.status !== last) {
      last = body.status;
      console.log(`  ${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${last}`);
    }
    if (last === 'completed') return body;
    if (last === 'failed' || last === 'canceled')
      throw new Error(`Job ${jobId} ${last}: ${body.error?.message ?? ''}`);
    await delay(INTERVAL_MS);
  }
  throw new Error(`Job ${jobId} is still ${last} after ${TIMEOUT_MS / 1_000} s`);
}
