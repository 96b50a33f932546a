import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '../../local/services/free-port.js';
import { untilReady, type BenchApp } from './bench-app.js';
import { single, type Section } from './figures.js';
import { median } from './statistics.js';

const ROUNDS = 5;
const MOST_SECONDS = 3;
const BARE = 'test/bench/comparators/status-server.js';

/** How long a new process takes until it answers, on one processor alone. */
export async function benchStartUp(app: BenchApp): Promise<Section> {
  const api: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await bareSeconds(app));
    api.push(await apiSeconds(app));
  }
  return {
    title: 'Start: the API until /health/ready answers 200, beside bare Fastify + ioredis until it listens',
    notes: [`${ROUNDS} starts each, on one processor, the services running`],
    rows: [single('start s, median', median(api), median(bare), { atMost: MOST_SECONDS })],
    faults: [],
    raw: { api, bare },
  };
}

async function apiSeconds(app: BenchApp): Promise<number> {
  const port = await freePort();
  const startedMs = performance.now();
  const server = app.launch('starting-api', 'src/main.js', { PORT: String(port) });
  try {
    await keepToOneProcessor(server.pid);
    await untilReady(`http://127.0.0.1:${port}`);
    return (performance.now() - startedMs) / 1_000;
  } finally {
    await server.stop();
  }
}

async function bareSeconds(app: BenchApp): Promise<number> {
  const startedMs = performance.now();
  const server = app.launch('starting-bare', BARE);
  try {
    await keepToOneProcessor(server.pid);
    await server.hear('port');
    return (performance.now() - startedMs) / 1_000;
  } finally {
    await server.stop();
  }
}

/** What the process starts later keeps to it too. */
async function keepToOneProcessor(pid: number): Promise<void> {
  await promisify(execFile)('taskset', ['--pid', '--cpu-list', '0', String(pid)]);
}
