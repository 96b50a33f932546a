import { randomUUID } from 'node:crypto';
import { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { makeFilms, type MadeFilms } from './made-films.js';

export interface FuzzedApp {
  app: TestApp;
  /** A key with every scope. */
  key: string;
  /** Ids of what no list tells of. */
  known: MadeFilms;
}

/**
 * An API that requires a key, with a job of each end, takes and films behind it. No worker is left, so that what is
 * accepted from then on stays as it is and costs nothing.
 */
export async function startFuzzedApp(): Promise<FuzzedApp> {
  const key = `fuzz-${randomUUID()}`;
  const app = await startTestApp({
    env: { AUTH_REQUIRED: 'true', ADMIN_API_KEY: key, RATE_LIMIT_PER_HOUR: '1000000', LOG_LEVEL: 'error' },
  });
  try {
    const client = new KeyedClient(app.api.url, key);
    await app.simulator.fault({ where: 'run', kind: 'failed', match: { promptIncludes: 'to fail' } });
    await makeEndedJobs(client);
    const known = await makeFilms(client, () =>
      Promise.all(app.workerProcesses.map((worker) => worker.stop())),
    );
    return { app, key, known };
  } catch (error) {
    await app.stop();
    throw error;
  }
}

async function makeEndedJobs(client: ApiClient): Promise<void> {
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
