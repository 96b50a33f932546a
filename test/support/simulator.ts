import type { SimulatorOptions } from '../../local/replicate/options.js';
import { startReplicateSimulator } from '../../local/replicate/server.js';
import { simulatorModels } from '../../local/simulator-models.js';

/** A fault of the simulator; local/replicate/README.md lists what there is. */
export interface Fault {
  where: 'create' | 'run' | 'webhook' | 'poll' | 'list' | 'cancel' | 'files';
  kind: string;
  match?: { model?: string; promptIncludes?: string; predictionId?: string; event?: string };
  times?: number;
  [parameter: string]: unknown;
}

/** The simulator's ledger, as far as the tests read it. */
export interface Ledger {
  creates: {
    predictionId: string | null;
    nonce: string | null;
    webhook: string | null;
    status: number | null;
  }[];
  cancels: { predictionId: string }[];
  polls: { predictionId: string }[];
  lists: unknown[];
  webhooks: { predictionId: string; webhookId: string; status: number | null; outcome: string }[];
  downloads: { predictionId: string | null; path: string; status: number | null; bytes: number }[];
  predictions: { id: string; status: string; nonce: string | null; completedAt: string | null }[];
}

export interface Prediction {
  id: string;
  status: string;
  input: Record<string, unknown>;
  output: string | string[] | null;
  [key: string]: unknown;
}

/** A Replicate of the suite's own; its runs take no longer than making the media does. */
export interface TestSimulator {
  /** Base of the API, `…/v1`. */
  baseUrl: string;
  host: string;
  fault(...faults: Fault[]): Promise<void>;
  heal(): Promise<void>;
  settings(changes: Record<string, unknown>): Promise<void>;
  ledger(): Promise<Ledger>;
  /** The creates that were sent for one job, answered or not. */
  createsOf(jobId: string): Promise<Ledger['creates']>;
  prediction(id: string): Promise<Prediction>;
  close(): Promise<void>;
}

/** Starts a simulator in this process that takes the token and signs with the secrets given. */
export async function startTestSimulator(
  env: Record<string, string | undefined>,
  options: SimulatorOptions = {},
): Promise<TestSimulator> {
  const server = await startReplicateSimulator({
    seed: 'end to end',
    durationScale: 0,
    ...(env.FFMPEG_PATH ? { ffmpegPath: env.FFMPEG_PATH } : {}),
    ...(env.REPLICATE_API_TOKEN ? { apiToken: env.REPLICATE_API_TOKEN } : {}),
    webhookSecrets: (env.REPLICATE_WEBHOOK_SECRET ?? '').split(',').slice(0, 1),
    modelsConfig: simulatorModels(env),
    ...options,
  });
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${env.REPLICATE_API_TOKEN ?? 'any'}`,
        'content-type': 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`simulator: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const tell = async (method: string, path: string, body?: unknown) => {
    await call(method, path, body);
  };
  const ledger = async () => (await call('GET', '/_ledger')) as Ledger;
  return {
    baseUrl: `${server.url}/v1`,
    host: new URL(server.url).hostname,
    fault: (...faults) => tell('POST', '/_faults', faults),
    heal: () => tell('DELETE', '/_faults'),
    settings: (changes) => tell('POST', '/_settings', changes),
    ledger,
    createsOf: async (jobId) => (await ledger()).creates.filter(({ webhook }) => webhook?.includes(jobId)),
    prediction: async (id) => (await call('GET', `/v1/predictions/${id}`)) as Prediction,
    close: () => server.close(),
  };
}
