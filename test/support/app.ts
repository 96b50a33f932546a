import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorOptions } from '../../local/replicate/options.js';
import { freePort } from '../../local/services/free-port.js';
import { startWatchdog } from '../../local/services/watchdog.js';
import { ApiClient } from './api-client.js';
import { AppProcess, type Environment } from './app-process.js';
import { makeOwnStores, type OwnStores } from './own-stores.js';
import { startTestSimulator, type TestSimulator } from './simulator.js';
import { startTcpProxy, throughPort, type TcpProxy } from './tcp-proxy.js';

const READY_TIMEOUT_MS = 60_000;

/** The variable that names each service which a proxy can stand before. */
const PROXIED = {
  postgres: ['DATABASE_URL'],
  redis: ['REDIS_URL', 'REDIS_CACHE_URL'],
  dynamodb: ['DYNAMODB_ENDPOINT'],
  s3: ['S3_ENDPOINT'],
  replicate: ['REPLICATE_BASE_URL'],
} as const;

export type ProxiedService = keyof typeof PROXIED;

export interface TestAppOptions {
  /** Number of API processes (1) and of workers (1). */
  apis?: number;
  workers?: number;
  /** Variables on top of the stack's. */
  env?: Environment;
  /** Hosts that outputs and sound may come from, beside the simulator's. */
  mediaHosts?: string[];
  simulator?: SimulatorOptions;
  /** Services that the suite will take down. */
  proxied?: ProxiedService[];
}

/** The product's processes on stores of their own and a Replicate of their own. */
export interface TestApp extends Omit<OwnStores, 'env' | 'close'> {
  /** The first API, and all of them. */
  api: ApiClient;
  apis: ApiClient[];
  apiProcesses: AppProcess[];
  workerProcesses: AppProcess[];
  simulator: TestSimulator;
  proxies: Record<ProxiedService, TcpProxy>;
  env: Environment;
  /** Adds a worker. */
  startWorker(env?: Environment): AppProcess;
  /** Adds an API, on a free port or the one given, and waits until it is ready. */
  startApi(env?: Environment): Promise<ApiClient>;
  stop(): Promise<void>;
}

/** Migrates a new database and starts the processes on the services of the environment. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { apis: apiCount = 1, workers: workerCount = 1, proxied = [] } = options;
  const base: Environment = { ...process.env, LOG_LEVEL: 'info', ...options.env };
  const watchdog = startWatchdog();
  const [stores, simulator] = await Promise.all([
    makeOwnStores(base),
    startTestSimulator(base, options.simulator),
  ]);
  const env: Environment = {
    ...base,
    ...stores.env,
    REPLICATE_BASE_URL: simulator.baseUrl,
    MEDIA_SOURCE_HOSTS: ['replicate.delivery', simulator.host, ...(options.mediaHosts ?? [])].join(','),
    HOST: '127.0.0.1',
    WEBHOOK_BASE_URL: `http://127.0.0.1:${await freePort()}`,
    ...options.env,
  };
  const apiProcesses: AppProcess[] = [];
  const workerProcesses: AppProcess[] = [];
  const proxies = {} as TestApp['proxies'];
  const startWorker = (more: Environment = {}) => {
    const worker = new AppProcess('worker', { ...env, ...more }, watchdog);
    workerProcesses.push(worker);
    return worker;
  };
  const startApi = async (more: Environment = {}) => {
    const PORT = more.PORT ?? String(await freePort());
    const api = new AppProcess('api', { ...env, ...more, PORT }, watchdog);
    apiProcesses.push(api);
    const url = `http://127.0.0.1:${PORT}`;
    await untilReady(url, api);
    return new ApiClient(url);
  };
  const stop = async () => {
    await Promise.all([...apiProcesses, ...workerProcesses].map((process) => process.stop()));
    await Promise.all([simulator.close(), ...Object.values(proxies).map((proxy) => proxy.close())]);
    await stores.close();
    watchdog.dismiss();
  };
  const startAll = async () => {
    const migration = await new AppProcess('migrate', env, watchdog).ended;
    if (migration.code !== 0) throw new Error(`The migration failed: ${migration.output}`);
    Object.assign(proxies, await startProxies(proxied, env));
    const webhookPort = new URL(env.WEBHOOK_BASE_URL!).port;
    for (let started = 0; started < workerCount; started += 1) startWorker();
    return Promise.all(
      Array.from({ length: apiCount }, (_, index) => startApi(index === 0 ? { PORT: webhookPort } : {})),
    );
  };
  const apis = await startAll().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const { env: _env, close: _close, ...looks } = stores;
  return {
    ...looks,
    ...{ api: apis[0]!, apis, apiProcesses, workerProcesses, simulator, proxies, env },
    ...{ startWorker, startApi, stop },
  };
}

/** Puts proxies before the services and points the variables at them. */
async function startProxies(
  services: ProxiedService[],
  env: Environment,
): Promise<Record<ProxiedService, TcpProxy>> {
  const started = await Promise.all(
    services.map(async (service) => {
      const { hostname, port } = new URL(env[PROXIED[service][0]]!);
      const proxy = await startTcpProxy(hostname, Number(port));
      for (const name of PROXIED[service]) env[name] = throughPort(env[name]!, proxy.port);
      return [service, proxy] as const;
    }),
  );
  return Object.fromEntries(started) as Record<ProxiedService, TcpProxy>;
}

async function untilReady(url: string, api: AppProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline && api.isRunning) {
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = String(error);
    }
    await sleep(25);
  }
  throw new Error(`The API is not ready (${last}):\n${api.output}`);
}
