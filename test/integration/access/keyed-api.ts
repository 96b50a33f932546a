import type { Environment } from '../../../src/config/settings.js';
import type { Answer, ApiClient } from '../../support/api-client.js';
import { startApi, type RunningApi } from '../http/api.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';

export const ADMIN_KEY = 'canary-bootstrap-key';

/** An API that requires keys, on a database of its own. */
export interface KeyedApi {
  api: RunningApi;
  db: TestDatabase;
  /** Makes a key and gives its text and its id. */
  makeKey(scopes: string[], facts?: object): Promise<{ key: string; keyId: string }>;
  close(): Promise<void>;
}

export async function startKeyedApi(env: Environment = {}): Promise<KeyedApi> {
  const db = await startTestDatabase();
  const api = await startApi({
    DATABASE_URL: db.url,
    AUTH_REQUIRED: 'true',
    ADMIN_API_KEY: ADMIN_KEY,
    ...env,
  });
  return {
    api,
    db,
    makeKey: (scopes, facts = {}) => makeKey(api.client, { name: 'a key', scopes, ...facts }),
    close: async () => {
      await api.close();
      await db.close();
    },
  };
}

async function makeKey(client: ApiClient, body: object): Promise<{ key: string; keyId: string }> {
  const made = await client.post('/api-keys', body, { 'x-api-key': ADMIN_KEY });
  if (made.status !== 201) throw new Error(`No key: ${made.status} ${made.text}`);
  return made.body as { key: string; keyId: string };
}

/** Calls with a key; without one when it is undefined. */
export function callWith(
  client: ApiClient,
  key: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return client.call(method, path, { body, headers: key === undefined ? {} : { 'x-api-key': key } });
}
