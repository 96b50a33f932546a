import { randomUUID } from 'node:crypto';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';

export interface FuzzedApp {
  app: TestApp;
  /** A key with every scope. */
  key: string;
}

/**
 * An API that requires a key, with a job of each end behind it. No worker is left, so that jobs accepted from then on
 * stay as they are and cost nothing.
 */
export async function startFuzzedApp(): Promise<FuzzedApp> {
  const key = `fuzz-${randomUUID()}`;
  const app = await startTestApp({
    env: { AUTH_REQUIRED: 'true', ADMIN_API_KEY: key, RATE_LIMIT_PER_HOUR: '1000000', LOG_LEVEL: 'error' },
  });
  try {
    await makeEndedJobs(app, key);
    await Promise.all(app.workerProcesses.map((worker) => worker.stop()));
    return { app, key };
  } catch (error) {
    await app.stop();
    throw error;
  }
}

async function makeEndedJobs({ api, simulator }: TestApp, key: string): Promise<void> {
  await simulator.fault({ where: 'run', kind: 'failed', match: { promptIncludes: 'to fail' } });
  const client = new KeyedClient(api.url, key);
  const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'producer-1' };
  const prompts = ['A lighthouse', 'A lighthouse to fail'];
  const jobIds = await Promise.all(prompts.map((prompt) => client.generate({ ...request, prompt })));
  await Promise.all(jobIds.map((jobId) => client.finished(jobId)));
}

/** Calls with a key. */
class KeyedClient extends ApiClient {
  constructor(
    url: string,
    private readonly key: string,
  ) {
    super(url);
  }

  override call(
    ...[method, path, options = {}]: Parameters<ApiClient['call']>
  ): ReturnType<ApiClient['call']> {
    return super.call(method, path, { ...options, headers: { ...options.headers, 'x-api-key': this.key } });
  }
}
