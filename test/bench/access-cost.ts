import { freePort } from '../../local/services/free-port.js';
import { untilReady, type BenchApp } from './bench-app.js';
import { paired, type Section } from './figures.js';
import { IMAGE_ORDER, submit, untilStatus } from './jobs.js';
import { amountFor, CONNECTIONS, loadRound, wrongAnswers, type LoadTarget } from './load-round.js';
import type { MeasuredProcess } from './measured-process.js';
import { interleave } from './passes.js';
import type { Plan } from './plan.js';

const MOST_CPU = 1.15;

/** A finished job of a stored key, and the headers that show the key. */
export interface KeyedJob {
  jobId: string;
  headers: Record<string, string>;
}

/** Makes a key and has it bring a job to its end; needs the worker. */
export async function makeKeyedJob(app: BenchApp): Promise<KeyedJob> {
  const wish = { name: 'bench', scopes: ['generate', 'read'] };
  const { key } = await app.call<{ key: string }>('POST', '/api-keys', wish);
  const headers = { 'x-api-key': key };
  const jobId = await submit(app, IMAGE_ORDER, headers);
  await untilStatus(app, jobId, 'completed');
  return { jobId, headers };
}

/** GET /status of a finished job with a stored key against the same API where no key is required. */
export async function benchAccessCost(
  app: BenchApp,
  generator: MeasuredProcess,
  { jobId, headers }: KeyedJob,
  { passes: count, roundSeconds }: Plan,
): Promise<Section> {
  const servers: MeasuredProcess[] = [];
  const launch = async (name: string, env: Record<string, string>, shown: Record<string, string>) => {
    const port = await freePort();
    const server = app.launch(name, 'src/main.js', { ...env, PORT: String(port) });
    servers.push(server);
    await untilReady(`http://127.0.0.1:${port}`);
    const url = `http://127.0.0.1:${port}/status/${jobId}`;
    return {
      server,
      request: { url, method: 'GET', headers: shown, expectBody: await bodyOf(url, shown) },
    } as const;
  };
  try {
    const targets: Record<'open' | 'keyed', LoadTarget> = {
      open: await launch('open-api', { AUTH_REQUIRED: 'false' }, {}),
      keyed: await launch('keyed-api', {}, headers),
    };
    await amountFor(generator, targets.open, roundSeconds);
    const amount = await amountFor(generator, targets.keyed, roundSeconds);
    const passes = await interleave(
      {
        open: () => loadRound(generator, targets.open, amount),
        keyed: () => loadRound(generator, targets.keyed, amount),
      },
      count,
    );
    const kept = passes.filter((pass) => !pass.discarded);
    const rounds = (name: keyof typeof targets) => kept.map((pass) => pass.figures[name]);
    const cpu = (name: keyof typeof targets) => rounds(name).map((round) => round.cpuMicrosecondsPerRequest);
    return {
      title: 'Access: GET /status/{jobId} of a finished job with a stored key against none required',
      notes: [
        `${CONNECTIONS} connections, ${amount} requests a round`,
        `${passes.length} passes, ${passes.length - kept.length} discarded`,
      ],
      rows: [paired('CPU µs per request', cpu('keyed'), cpu('open'), { atMost: MOST_CPU })],
      faults: [...wrongAnswers('open', rounds('open')), ...wrongAnswers('keyed', rounds('keyed'))],
      raw: { amount, passes },
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function bodyOf(url: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status}`);
  return answer.text();
}
