import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './built-tree.js';
import { approvedScript, compileFilm } from './demo/demo-film.js';
import { DEMO_JOBS } from './demo/demo-jobs.js';
import { DemoClient } from './demo/demo-client.js';
import { writeGallery } from './demo/gallery.js';
import { keepResult, type KeptResult } from './demo/kept-result.js';
import { followJob } from './demo/progress.js';
import { startApp, type RunningApp } from './run-app.js';
import { freePort } from './services/free-port.js';
import { takeSignals } from './signals.js';
import { startStack, type Stack } from './stack.js';
import { temporaryDataDir } from './temporary-data-dir.js';

const KEEP = process.argv.includes('--keep');
const OUTPUT_DIR = join(projectDir, '.local', 'demo');
const LOG_DIR = join(OUTPUT_DIR, 'logs');

/** Runs the main job for real: an image, a video and an audio job, then a script, approved and compiled twice. */
async function demo(): Promise<void> {
  const startedAt = Date.now();
  rmSync(OUTPUT_DIR, { recursive: true, force: true });
  mkdirSync(LOG_DIR, { recursive: true });
  console.log('Starting PostgreSQL, Redis, DynamoDB, S3 and the Replicate simulator …');
  const stack = await startStack({ dataDir: temporaryDataDir(), env: process.env, temporary: true });
  for (const notice of stack.notices) console.log(notice);
  let app: RunningApp | undefined;
  try {
    app = await startApp({
      stack,
      env: process.env,
      port: await freePort(),
      logDir: LOG_DIR,
    });
    console.log(`API and worker run at ${app.url} (${seconds(startedAt)} s)\n`);
    const results = await Promise.race([runJobs(app.url, stack), failWhenDied(app, stack)]);
    const gallery = writeGallery(OUTPUT_DIR, results);
    console.log(
      `All files are stored and decodable (${seconds(startedAt)} s in all).\nLook at them: ${gallery}`,
    );
    if (KEEP) await keepRunning(app, stack);
  } finally {
    await app?.stop();
    await stack.stop();
  }
}

async function runJobs(apiUrl: string, stack: Stack): Promise<KeptResult[]> {
  const client = new DemoClient(apiUrl);
  const results: KeptResult[] = [];
  let musicJobId: string | undefined;
  for (const job of DEMO_JOBS) {
    const { jobId, estimatedCost } = await client.generate(job);
    console.log(`${job.mediaType}: ${job.modelId}, estimated ${estimatedCost} USD`);
    const status = await followJob(client, jobId);
    console.log(JSON.stringify(status, null, 2));
    const kept = await keepResult(status, join(OUTPUT_DIR, job.mediaType), stack.env);
    for (const line of kept.report) console.log(`  ${line}`);
    console.log('');
    results.push(kept);
    if (job.mediaType === 'audio') musicJobId = jobId;
  }
  const scriptId = await approvedScript(client);
  results.push(await makeFilm(client, stack, scriptId, 'plain', {}));
  results.push(
    await makeFilm(client, stack, scriptId, 'finished', {
      transition: { type: 'fade', durationSeconds: 0.5 },
      audio: { jobId: musicJobId, volume: 0.4, ducking: true, fadeOutSeconds: 2 },
      captions: 'sidecar',
    }),
  );
  return results;
}

async function makeFilm(
  client: DemoClient,
  { env }: Stack,
  scriptId: string,
  name: string,
  options: object,
): Promise<KeptResult> {
  const { compiledVideoUrl, fileSize, sha256, metadataUrl } = await compileFilm(client, scriptId, options);
  const result = { originalUrl: compiledVideoUrl, contentType: 'video/mp4', fileSize, sha256, metadataUrl };
  const kept = await keepResult({ mediaType: 'video', result }, join(OUTPUT_DIR, 'film', name), env);
  for (const line of kept.report) console.log(`  ${line}`);
  console.log('');
  return kept;
}

async function failWhenDied(app: RunningApp, stack: Stack): Promise<never> {
  throw new Error(`${await Promise.race([app.died, stack.died])}; its log is in ${LOG_DIR}`);
}

async function keepRunning(app: RunningApp, stack: Stack): Promise<void> {
  console.log(`\nStill running: ${app.url}/docs\nCtrl-C stops it.`);
  const asked = new Promise<void>((resolve) => onSignal(() => resolve()));
  await Promise.race([asked, failWhenDied(app, stack)]);
  console.log('Stopping …');
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(1);
}

const onSignal = takeSignals();
demo().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`The demo failed: ${(error as Error).message}`);
    process.exit(1);
  },
);
