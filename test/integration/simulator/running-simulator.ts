import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { SimulatorOptions } from '../../../local/replicate/options.js';
import { startReplicateSimulator } from '../../../local/replicate/server.js';

const run = promisify(execFile);
const pollPauseMs = 20;
const testTimeoutMs = 60_000;

jest.setTimeout(testTimeoutMs);

type Body = Record<string, unknown>;

/** A prediction as the API answers it, as far as the tests read it. */
export interface PredictionAnswer extends Body {
  id: string;
  status: string;
  output: string | string[] | null;
  input: Body;
  logs: string;
  error: string | null;
  metrics?: Record<string, number>;
  urls: { get: string; cancel: string };
}

/** A simulator in this process with short calls to it. Runs take only as long as making the media takes. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const ffmpegPath = process.env.FFMPEG_PATH;
  const server = await startReplicateSimulator({
    seed: 'test',
    durationScale: 0,
    ...(ffmpegPath ? { ffmpegPath } : {}),
    ...options,
  });

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(server.url + path, {
      method,
      headers: { authorization: 'Bearer r8_test', 'content-type': 'application/json', ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const get = async (id: string) =>
    (await call('GET', `/v1/predictions/${id}`)).json() as Promise<PredictionAnswer>;
  const create = (model: string, input: Body, more: Body = {}, headers: Record<string, string> = {}) =>
    call('POST', `/v1/models/${model}/predictions`, { input, ...more }, headers);
  const createByVersion = (version: string, input: Body, more: Body = {}) =>
    call('POST', '/v1/predictions', { version, input, ...more });
  const until = async (
    id: string,
    isReached: (prediction: PredictionAnswer) => boolean,
  ): Promise<PredictionAnswer> => {
    for (;;) {
      const prediction = await get(id);
      if (isReached(prediction)) return prediction;
      await new Promise((resolve) => setTimeout(resolve, pollPauseMs));
    }
  };
  const finished = (id: string) =>
    until(id, ({ status }) => ['succeeded', 'failed', 'canceled', 'aborted'].includes(status));
  const ledger = async () => (await call('GET', '/_ledger')).json() as Promise<Record<string, Body[]>>;
  const clock = async (change: Body) => (await call('POST', '/_clock', change)).json();
  const faults = async (posted: unknown) => expect((await call('POST', '/_faults', posted)).status).toBe(200);
  return { ...server, call, get, create, createByVersion, until, finished, ledger, clock, faults };
}

export type RunningSimulator = Awaited<ReturnType<typeof startSimulator>>;

/** The id of a create that was answered with a prediction. */
export async function idOf(answer: Response): Promise<string> {
  return ((await answer.json()) as PredictionAnswer).id;
}

interface Delivered {
  headers: IncomingHttpHeaders;
  body: string;
  prediction: PredictionAnswer;
}

/** A webhook receiver on a free port; `answers` are the statuses it gives in turn, then 200. */
export async function startReceiver(answers: number[] = []) {
  const delivered: Delivered[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      delivered.push({ headers: request.headers, body, prediction: JSON.parse(body) as PredictionAnswer });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook?job=j1&nonce=n1`,
    delivered,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Probe {
  format: { duration?: string; format_name: string };
  streams: {
    codec_type: string;
    codec_name: string;
    width: number;
    height: number;
    r_frame_rate: string;
    nb_read_frames: string;
    sample_rate: string;
    pix_fmt: string;
  }[];
}

/** What ffprobe says about a URL, every frame counted; throws when it cannot be read. */
export async function probe(url: string): Promise<Probe> {
  const args = ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', url];
  const { stdout, stderr } = await run(process.env.FFPROBE_PATH ?? 'ffprobe', args);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probe;
}
