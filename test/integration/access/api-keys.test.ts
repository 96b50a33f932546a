import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort } from '../../support/tcp-proxy.js';
import { startApi, type RunningApi } from '../http/api.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from './keyed-api.js';

jest.setTimeout(120_000);

let keyed: KeyedApi;

beforeAll(async () => {
  keyed = await startKeyedApi();
});

afterAll(() => keyed.close());

const asAdmin = (method: string, path: string, body?: object) =>
  callWith(keyed.api.client, ADMIN_KEY, method, path, body);
const statusWith = async (key: string, { client }: Pick<RunningApi, 'client'> = keyed.api) =>
  (await callWith(client, key, 'GET', '/jobs')).status;

describe('a key', () => {
  it('is shown once, with what it was made with, and kept hashed', async () => {
    const facts = {
      ...{ name: 'studio', scopes: ['read', 'generate'], userId: 'producer-1' },
      ...{ rateLimitPerHour: 7, monthlyBudget: 12.345678, expiresAt: '2999-01-01T00:00:00.000Z' },
    };
    const made = await asAdmin('POST', '/api-keys', facts);
    const { key, keyId, prefix, ...shown } = made.body as Record<string, string>;
    expect(made.status).toBe(201);
    expect(shown).toMatchObject({ ...facts, lastUsedAt: null, revokedAt: null });
    expect(key).toMatch(/^vsl_[0-9a-f]{12}_[\w-]{43}$/);
    expect(key).toContain(prefix);
    const found = (await asAdmin('GET', `/api-keys/${keyId}`)).body;
    expect(found).toEqual({ ...shown, keyId, prefix });
    const secret = key!.split('_').slice(2).join('_');
    const { rows } = await keyed.db.pool.query('SELECT * FROM replicate.api_keys');
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(keyed.api.printed()).not.toContain(secret);
    expect((await asAdmin('GET', '/api-keys')).text).not.toContain(secret);
  });

  it.each([
    [{}, ['name', 'scopes']],
    [{ name: '', scopes: [] }, ['name', 'scopes']],
    [{ name: 'a', scopes: ['read', 'read'] }, ['scopes']],
    [{ name: 'a', scopes: ['root'] }, ['scopes']],
    [{ name: 'a', scopes: ['read'], userId: 'a/b', owner: 'x' }, ['owner', 'userId']],
    [
      { name: 'a', scopes: ['read'], rateLimitPerHour: 0, monthlyBudget: -1 },
      ['monthlyBudget', 'rateLimitPerHour'],
    ],
    [{ name: 'a', scopes: ['read'], monthlyBudget: 0.0000001 }, ['monthlyBudget']],
    [{ name: 'a', scopes: ['read'], expiresAt: '2001-01-01T00:00:00Z' }, ['expiresAt']],
  ])('is refused for %j, every fault named', async (body, paths) => {
    const refused = await asAdmin('POST', '/api-keys', body);
    const { issues } = refused.body as { issues: { path: string }[] };
    expect([refused.status, issues.map(({ path }) => path).sort()]).toEqual([400, paths]);
  });

  it('is not opened by its prefix, nor by another’s secret', async () => {
    const [one, two] = await Promise.all([keyed.makeKey(['read']), keyed.makeKey(['read'])]);
    const mixed = `${one.key.slice(0, 17)}${two.key.slice(17)}`;
    expect(await statusWith(one.key)).toBe(200);
    for (const wrong of [mixed, one.key.slice(0, 17), `${one.key}a`, one.key.toUpperCase()])
      expect([wrong, await statusWith(wrong)]).toEqual([wrong, 401]);
  });

  it('ends when it expires, though it was in use', async () => {
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    const { key } = await keyed.makeKey(['read'], { expiresAt });
    expect(await statusWith(key)).toBe(200);
    await eventually(
      () => statusWith(key),
      (status) => status === 401,
      10_000,
    );
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  });

  it('tells when it was last used', async () => {
    const { key, keyId } = await keyed.makeKey(['read']);
    const before = Date.now() - 1_000;
    await statusWith(key);
    const { body } = await eventually(
      () => asAdmin('GET', `/api-keys/${keyId}`),
      (answer) => (answer.body as { lastUsedAt: string | null }).lastUsedAt !== null,
    );
    expect(Date.parse((body as { lastUsedAt: string }).lastUsedAt)).toBeGreaterThanOrEqual(before);
  });

  it('is listed, newest first, in pages', async () => {
    const made = [await keyed.makeKey(['read']), await keyed.makeKey(['read'])];
    const first = (await asAdmin('GET', '/api-keys?limit=1')).body as { items: object[]; nextCursor: string };
    const second = (await asAdmin('GET', `/api-keys?limit=1&cursor=${first.nextCursor}`)).body;
    expect(first.items).toMatchObject([{ keyId: made[1]!.keyId }]);
    expect(second).toMatchObject({ items: [{ keyId: made[0]!.keyId }] });
  });

  it('costs no statement while it is known', async () => {
    const { key } = await keyed.makeKey(['read']);
    const models = () => callWith(keyed.api.client, key, 'GET', '/models');
    await models();
    await keyed.db.pool.query('ALTER TABLE replicate.api_keys RENAME TO away');
    const answers = await Promise.all(Array.from({ length: 20 }, models));
    await keyed.db.pool.query('ALTER TABLE replicate.away RENAME TO api_keys');
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a revoked key', () => {
  it('is refused at once where it was revoked, and within a moment by every other process', async () => {
    const another = await startApi(env(keyed.db.url));
    try {
      const { key, keyId } = await keyed.makeKey(['read']);
      await listening(keyed);
      expect([await statusWith(key), await statusWith(key, another)]).toEqual([200, 200]);
      expect((await asAdmin('DELETE', `/api-keys/${keyId}`)).status).toBe(204);
      expect(await statusWith(key)).toBe(401);
      await eventually(
        () => statusWith(key, another),
        (status) => status === 401,
        5_000,
      );
      expect((await asAdmin('DELETE', `/api-keys/${keyId}`)).status).toBe(204);
      const { revokedAt } = (await asAdmin('GET', `/api-keys/${keyId}`)).body as { revokedAt: string };
      expect(Date.parse(revokedAt)).toBeLessThanOrEqual(Date.now());
    } finally {
      await another.close();
    }
  });

  it('is refused after 15 s by a process that no notice reached', async () => {
    const another = await startApi(env(keyed.db.url));
    try {
      const { key, keyId } = await keyed.makeKey(['read']);
      expect(await statusWith(key, another)).toBe(200);
      // Without its notice: as if the channel had been down.
      await keyed.db.pool.query(
        'UPDATE replicate.api_keys SET revoked_at = clock_timestamp() WHERE key_id = $1',
        [keyId],
      );
      await eventually(
        () => statusWith(key, another),
        (status) => status === 401,
        20_000,
      );
    } finally {
      await another.close();
    }
  });
});

describe('while PostgreSQL is away', () => {
  it('a known key goes on being known, and an unknown one is told to come back', async () => {
    const proxy = await startTcpProxy('127.0.0.1', Number(new URL(keyed.db.url).port));
    const api = await startApi(env(throughPort(keyed.db.url, proxy.port)));
    try {
      const [known, unknown] = await Promise.all([keyed.makeKey(['read']), keyed.makeKey(['read'])]);
      const models = (key: string) => callWith(api.client, key, 'GET', '/models');
      expect((await models(known.key)).status).toBe(200);
      proxy.down();
      expect((await models(known.key)).status).toBe(200);
      expect(await models(unknown.key)).toMatchObject({ status: 503 });
      expect((await models('no key of ours')).status).toBe(401);
      proxy.heal();
      await eventually(
        () => models(unknown.key),
        ({ status }) => status === 200,
      );
    } finally {
      await api.close();
      await proxy.close();
    }
  });
});

const env = (url: string) => ({ DATABASE_URL: url, AUTH_REQUIRED: 'true', ADMIN_API_KEY: ADMIN_KEY });

/** Resolves when both processes listen to notices. */
async function listening({ db }: KeyedApi): Promise<void> {
  await eventually(
    async () =>
      (
        await db.pool.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
           AND application_name = 'vsl-media-generation-notifications' AND query LIKE 'LISTEN%' AND state = 'idle'`,
        )
      ).rows[0]!.count,
    (count) => count >= 2,
  );
}

describe('a key made under an Idempotency-Key', () => {
  it('is made once, shown again byte for byte, and kept nowhere in the open', async () => {
    const headers = { 'x-api-key': ADMIN_KEY, 'idempotency-key': 'b0a2c1e4-make-a-key' };
    const wish = { name: 'once', scopes: ['read'] };
    const make = (body: object) => keyed.api.client.post('/api-keys', body, headers);
    const [first, again] = [await make(wish), await make(wish)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { key, keyId } = first.body as { key: string; keyId: string };
    expect(first.headers.get('location')).toBe(`/api-keys/${keyId}`);
    expect(await statusWith(key)).toBe(200);
    expect((await make({ ...wish, name: 'another' })).status).toBe(422);
    const { rows } = await keyed.db.pool.query('SELECT * FROM replicate.idempotency_keys');
    const kept = JSON.stringify(rows);
    for (const secret of [key, 'b0a2c1e4-make-a-key']) expect(kept).not.toContain(secret);
    expect(kept).toContain('api-keys');
  });
});

describe('where no key is required', () => {
  let open: RunningApi;

  beforeAll(async () => {
    open = await startApi({ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'false' });
  });

  afterAll(() => open.close());

  it('a request without one may do all', async () => {
    expect((await open.client.get('/api-keys')).status).toBe(200);
  });

  it('one that is sent counts: for what it may do, and that it is valid', async () => {
    const { key, keyId } = await keyed.makeKey(['read']);
    expect(await statusWith(key, open)).toBe(200);
    expect((await callWith(open.client, key, 'GET', '/api-keys')).status).toBe(403);
    expect(await statusWith('wrong', open)).toBe(401);
    await asAdmin('DELETE', `/api-keys/${keyId}`);
    await eventually(
      () => statusWith(key, open),
      (status) => status === 401,
    );
  });

  it('a bearer token of no issuer is none', async () => {
    expect((await open.client.get('/jobs', { authorization: 'Bearer some.other.token' })).status).toBe(200);
  });
});
