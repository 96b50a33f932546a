import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { BenchApp } from './bench-app.js';
import type { Section } from './figures.js';
import { IMAGE_ORDER, submit, untilStatus } from './jobs.js';
import { amountFor, CONNECTIONS, loadRound, loadRows, wrongAnswers, type LoadTarget } from './load-round.js';
import type { MeasuredProcess } from './measured-process.js';
import { interleave } from './passes.js';
import type { Plan } from './plan.js';

const SETTLED_MS = 20_000;
const RUNNING_PROMPT = 'A job that does not end';

/** The jobs whose status is asked for. */
export interface StatusJobs {
  running: string;
  finished: string;
}

/** Brings one job to `processing`, where it stays, and one to its end; needs the worker. */
export async function makeStatusJobs(app: BenchApp): Promise<StatusJobs> {
  await app.call('POST', app.simulator('/_faults'), {
    where: 'run',
    kind: 'stuck-processing',
    match: { promptIncludes: RUNNING_PROMPT },
  });
  const running = await submit(app, { ...IMAGE_ORDER, prompt: RUNNING_PROMPT });
  const finished = await submit(app, IMAGE_ORDER);
  await untilStatus(app, running, 'processing');
  await untilStatus(app, finished, 'completed');
  return { running, finished };
}

/** GET /status of a running job (Redis) and of a finished one (memory) against Redis behind a bare Fastify. */
export async function benchCachedStatus(
  app: BenchApp,
  generator: MeasuredProcess,
  jobs: StatusJobs,
  { passes: count, roundSeconds }: Plan,
): Promise<Section> {
  const bare = app.launch('bare-status', 'test/bench/comparators/status-server.js');
  const port = await bare.hear<number>('port');
  const redis = new Redis(app.stack.env.REDIS_URL!);
  try {
    const running = await settledBody(app, jobs.running, 'redis');
    const finished = await settledBody(app, jobs.finished, 'memory');
    await redis.set(`bench:status:${jobs.running}`, running);
    await redis.set(`bench:status:${jobs.finished}`, finished);
    const bareUrl = `http://127.0.0.1:${port}`;
    const target = (server: MeasuredProcess, base: string, jobId: string, body: string): LoadTarget => ({
      server,
      request: { url: `${base}/status/${jobId}`, method: 'GET', headers: app.headers, expectBody: body },
    });
    const targets = {
      bareRunning: target(bare, bareUrl, jobs.running, running),
      running: target(app.api, app.url, jobs.running, running),
      bareFinished: target(bare, bareUrl, jobs.finished, finished),
      finished: target(app.api, app.url, jobs.finished, finished),
    };
    await amountFor(generator, targets.running, roundSeconds);
    await amountFor(generator, targets.finished, roundSeconds);
    const amount = await amountFor(generator, targets.bareRunning, roundSeconds);
    const round = (name: keyof typeof targets) => async () => {
      // The cache forgets after five minutes: each round begins with the status where it belongs.
      if (name === 'running') await settledBody(app, jobs.running, 'redis');
      return loadRound(generator, targets[name], amount);
    };
    const passes = await interleave(
      {
        bareRunning: round('bareRunning'),
        running: round('running'),
        finished: round('finished'),
        bareFinished: round('bareFinished'),
      },
      count,
    );
    const kept = passes.filter((pass) => !pass.discarded);
    const rounds = (name: keyof typeof targets) => kept.map((pass) => pass.figures[name]);
    const faults = Object.keys(targets).flatMap((name) =>
      wrongAnswers(name, rounds(name as keyof typeof targets)),
    );
    const ended = await settledBody(app, jobs.running, 'redis');
    if (ended !== running) faults.push('the running job’s status changed during the run');
    return {
      title: 'Cached status: GET /status/{jobId} against bare Fastify + ioredis GET',
      notes: [
        `${CONNECTIONS} connections, ${amount} requests a round, ${running.length} and ${finished.length} bytes`,
        `${passes.length} passes, ${passes.length - kept.length} discarded`,
      ],
      rows: [
        ...loadRows('running', rounds('running'), rounds('bareRunning'), { atLeast: 0.8 }),
        ...loadRows('finished', rounds('finished'), rounds('bareFinished'), { atLeast: 1 }),
      ],
      faults,
      raw: { amount, passes },
    };
  } finally {
    redis.disconnect();
    await bare.stop();
  }
}

/** The body once it comes from this layer: a process relies on Redis some ten seconds after its start. */
async function settledBody(app: BenchApp, jobId: string, layer: string): Promise<string> {
  let last: string | null = null;
  const deadline = Date.now() + SETTLED_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${app.url}/status/${jobId}`, { headers: app.headers });
    const body = await answer.text();
    last = answer.headers.get('x-cache');
    if (last === layer) return body;
    await sleep(50);
  }
  throw new Error(`The status of ${jobId} comes from ${last}, not ${layer}`);
}
