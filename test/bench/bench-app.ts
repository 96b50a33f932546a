import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Environment } from '../../local/environment.js';
import { runMigrations } from '../../local/run-app.js';
import { freePort } from '../../local/services/free-port.js';
import { startStack, type Stack } from '../../local/stack.js';
import { temporaryDataDir } from '../../local/temporary-data-dir.js';
import { MeasuredProcess } from './measured-process.js';

const READY_TIMEOUT_MS = 60_000;

/** The built product on a stack of its own, as it is deployed: keys required, log on. */
export class BenchApp {
  private worker: MeasuredProcess | undefined;

  private constructor(
    readonly stack: Stack,
    readonly database: pg.Pool,
    readonly env: Environment,
    readonly api: MeasuredProcess,
    /** Base URL of the API. */
    readonly url: string,
    /** What every request carries. */
    readonly headers: Record<string, string>,
    private readonly logDir: string,
  ) {}

  static async start(): Promise<BenchApp> {
    const dataDir = temporaryDataDir();
    const stack = await startStack({ dataDir, env: process.env, temporary: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const key = randomBytes(24).toString('base64url');
    const env: Environment = {
      ...process.env,
      ...stack.env,
      PORT: String(port),
      WEBHOOK_BASE_URL: url,
      LOG_LEVEL: 'info',
      RATE_LIMIT_PER_HOUR: '1000000',
      AUTH_REQUIRED: 'true',
      ADMIN_API_KEY: key,
    };
    await runMigrations({ stack, env, logDir: dataDir });
    const launch = { env, logDir: dataDir, watchdog: stack.watchdog };
    const api = MeasuredProcess.start('api', 'src/main.js', launch);
    const database = new pg.Pool({ connectionString: stack.env.DATABASE_URL, max: 2 });
    // An idle connection that breaks is told by the query that misses it.
    database.on('error', () => undefined);
    const headers = { 'x-api-key': key };
    const app = new BenchApp(stack, database, env, api, url, headers, dataDir);
    await untilReady(url);
    return app;
  }

  /** A process of the bench with the application's variables. */
  launch(name: string, module: string, env: Environment = {}): MeasuredProcess {
    const { logDir, stack } = this;
    return MeasuredProcess.start(name, module, {
      env: { ...this.env, ...env },
      logDir,
      watchdog: stack.watchdog,
    });
  }

  startWorker(): MeasuredProcess {
    this.worker ??= this.launch('worker', 'src/worker.js');
    return this.worker;
  }

  async stopWorker(): Promise<void> {
    await this.worker?.stop();
    this.worker = undefined;
  }

  /** Calls the API, or the simulator by a whole URL; rejects on anything but 2xx. */
  async call<T>(method: 'GET' | 'POST', path: string, body?: object, headers = {}): Promise<T> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...this.headers,
        authorization: `Bearer ${this.stack.env.REPLICATE_API_TOKEN}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** A URL of the simulator. */
  simulator(path: string): string {
    return new URL(path, this.stack.addresses.replicate).href;
  }

  async stop(): Promise<void> {
    await Promise.all([this.stopWorker(), this.api.stop()]);
    await this.database.end();
    await this.stack.stop();
  }
}

/** Resolves once the API at the URL is ready; rejects after 60 s. */
export async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const ready = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    if (Date.now() > deadline) throw new Error('The API is not ready after 60 s');
    await sleep(50);
  }
}
