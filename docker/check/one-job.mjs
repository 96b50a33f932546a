// Sends one video job to the API whose address is the argument, waits for it, and fetches what was stored.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

const JOB_TIMEOUT_MS = 180_000;
const [api] = process.argv.slice(2);

async function request(url, init = {}) {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

async function startJob() {
  const body = JSON.stringify({
    mediaType: 'video',
    modelId: 'veo-3.1-fast',
    userId: 'container-check',
    prompt: 'a lighthouse at dawn',
    parameters: { duration: 4 },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await request(`${api}/generate-media`, { method: 'POST', headers, body });
  return (await answer.json()).jobId;
}

async function resultOf(jobId) {
  const deadline = Date.now() + JOB_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const body = await (await request(`${api}/status/${jobId}`)).json();
    if (body.status === 'completed') return body.result;
    if (['failed', 'canceled'].includes(body.status))
      throw new Error(`the job ended: ${JSON.stringify(body)}`);
    await delay(500);
  }
  throw new Error(`the job is not completed after ${JOB_TIMEOUT_MS / 1000} s`);
}

const { originalUrl, thumbnailUrl, previewUrl, sha256, fileSize } = await resultOf(await startJob());
const bytes = Buffer.from(await (await request(originalUrl)).arrayBuffer());
if (createHash('sha256').update(bytes).digest('hex') !== sha256)
  throw new Error(`${originalUrl} is not the file that the status tells of`);
await request(thumbnailUrl);
await request(previewUrl);
console.log(`${originalUrl}: ${fileSize} bytes, sha256 as told; thumbnail and preview are there`);
