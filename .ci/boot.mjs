// Boots what the image runs (dist/src/migrate.js, main.js, worker.js) once, on the services its variables name, sends one
// job through both processes and stops them. Only here do cycles between compiled ES modules show: Jest hides them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const READY_TIMEOUT_MS = 60_000;
const JOB_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 10_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function start(name, env) {
  const args = ['--enable-source-maps', `dist/src/${name}.js`];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  return { name, child, ended };
}

async function endedWithin({ name, ended }, timeoutMs) {
  const outcome = await Promise.race([ended, delay(timeoutMs, 'no end', { ref: false })]);
  if (outcome !== 0)
    throw new Error(`${name} should exit with 0, got ${outcome} (waited at most ${timeoutMs} ms)`);
}

async function request(url, options = {}) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type') ?? '', text };
}

async function get(url, { type }) {
  const answer = await request(url);
  if (answer.status !== 200 || !answer.type.includes(type)) {
    throw new Error(
      `GET ${url} should answer 200 ${type}, got ${answer.status} ${answer.type}: ${answer.text}`,
    );
  }
  return answer.text;
}

/** Asks again until `isDone` is content with an answer; gives up early when a process has ended. */
async function until(what, processes, timeoutMs, isDone, ask) {
  const deadline = Date.now() + timeoutMs;
  let last = 'no answer';
  while (Date.now() < deadline) {
    for (const { name, child } of processes) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${name} ended before ${what}`);
    }
    const answer = await ask().catch((error) => ({ status: 0, text: error.cause?.message ?? error.message }));
    if (isDone(answer)) return;
    last = `${answer.status} ${answer.text}`;
    await delay(200);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms; last answer ${last}`);
}

async function makeOneImage(base, processes) {
  const body = JSON.stringify({
    mediaType: 'image',
    modelId: 'flux-schnell',
    userId: 'ci',
    prompt: 'a lighthouse at dawn',
  });
  const headers = { 'content-type': 'application/json' };
  const accepted = await request(`${base}/generate-media`, { method: 'POST', headers, body });
  if (accepted.status !== 202)
    throw new Error(`POST /generate-media answered ${accepted.status}: ${accepted.text}`);
  const { jobId } = JSON.parse(accepted.text);
  const isCompleted = ({ text }) => {
    if (/"status":\s*"(failed|canceled)"/.test(text)) throw new Error(`the job ended badly: ${text}`);
    return /"status":\s*"completed"/.test(text);
  };
  await until('the job completes', processes, JOB_TIMEOUT_MS, isCompleted, () =>
    request(`${base}/status/${jobId}`),
  );
}

async function boot() {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1', WEBHOOK_BASE_URL: base };
  await endedWithin(start('migrate', env), READY_TIMEOUT_MS);
  const processes = [start('main', env), start('worker', env)];
  try {
    const isReady = ({ status }) => status === 200;
    await until('the API is ready', processes, READY_TIMEOUT_MS, isReady, () =>
      request(`${base}/health/ready`),
    );
    const document = JSON.parse(await get(`${base}/openapi.json`, { type: 'application/json' }));
    if (!String(document.openapi).startsWith('3.1'))
      throw new Error(`openapi.json is not 3.1 but ${document.openapi}`);
    await get(`${base}/docs`, { type: 'text/html' });
    await makeOneImage(base, processes);
    for (const { child } of processes) child.kill('SIGTERM');
    await Promise.all(processes.map((running) => endedWithin(running, STOP_TIMEOUT_MS)));
  } finally {
    for (const { child } of processes) child.kill('SIGKILL');
  }
}

try {
  await boot();
  console.log('The built API and worker started, made an image and stopped.');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
