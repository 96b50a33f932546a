import { randomUUID } from 'node:crypto';
import type { Answer } from '../../../support/api-client.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from '../../access/keyed-api.js';

jest.setTimeout(120_000);

const HOOK = { url: 'https://studio.example/hooks', events: ['job.completed', 'job.failed'] };

interface Made {
  endpointId: string;
  secret: string;
}

let keyed: KeyedApi;
let owner: { key: string; keyId: string };

beforeAll(async () => {
  keyed = await startKeyedApi();
  owner = await keyed.makeKey(['generate', 'read']);
});

afterAll(() => keyed.close());

const call = (method: string, path: string, body?: unknown, key = owner.key) =>
  callWith(keyed.api.client, key, method, `/webhook-endpoints${path}`, body);
const make = async (body: object = HOOK, key = owner.key): Promise<Made> =>
  (await call('POST', '', body, key)).body as Made;
const pathsOf = ({ body }: Answer) =>
  (body as { issues: { path: string }[] }).issues.map(({ path }) => path).sort();

describe('an endpoint', () => {
  it('is made with a secret that is shown this once', async () => {
    const made = await call('POST', '', HOOK);
    const { secret, ...shown } = made.body as Made;
    expect([made.status, made.headers.get('location')]).toEqual([
      201,
      `/webhook-endpoints/${shown.endpointId}`,
    ]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({
      ...HOOK,
      ...{ userId: null, enabled: true, disabledReason: null, disabledAt: null, failingSince: null },
    });
    expect((await call('GET', `/${shown.endpointId}`)).body).toEqual(shown);
    const others = [
      await call('GET', ''),
      await call('PATCH', `/${shown.endpointId}`, { events: ['job.failed'] }),
      await call('POST', `/${shown.endpointId}/test`),
      await call('GET', `/${shown.endpointId}/deliveries`),
    ];
    expect(others.map(({ text }) => text).join()).not.toContain(secret);
    expect(keyed.api.printed()).not.toContain(secret);
  });

  it.each([
    [{}, ['events', 'url']],
    [{ ...HOOK, url: 'http://studio.example/' }, ['url']],
    [{ ...HOOK, url: 'https://169.254.169.254/latest/meta-data' }, ['url']],
    [{ ...HOOK, url: `https://studio.example/${'a'.repeat(2_048)}` }, ['url']],
    [{ ...HOOK, events: [] }, ['events']],
    [{ ...HOOK, events: ['job.failed', 'job.failed'] }, ['events']],
    [{ ...HOOK, events: 'job.failed', secret: 'mine' }, ['events', 'secret']],
    [{ url: 'https://[::1]/', events: ['job.ended'], userId: 'a/b' }, ['events', 'url', 'userId']],
    [[], ['']],
  ])('is refused for %j, every fault named', async (body, paths) => {
    const refused = await call('POST', '', body);
    expect([refused.status, pathsOf(refused)]).toEqual([400, paths]);
  });

  it('is refused with the names of events that there are not', async () => {
    const { text } = await call('POST', '', { ...HOOK, events: ['job.completed', 'job.ended', 5] });
    expect(text).toContain('unknown: job.ended, 5');
  });

  it('is made once under an Idempotency-Key', async () => {
    const send = () =>
      keyed.api.client.post('/webhook-endpoints', HOOK, {
        'x-api-key': owner.key,
        'idempotency-key': 'one-endpoint',
      });
    const answers = [await send(), await send()];
    expect(answers[1]!.text).toBe(answers[0]!.text);
    expect(answers[1]!.headers.get('idempotent-replayed')).toBe('true');
  });

  it('is listed to its owner and to admins, newest first, in pages', async () => {
    const { key } = await keyed.makeKey(['generate', 'read']);
    const made = [await make(HOOK, key), await make(HOOK, key)];
    const first = (await call('GET', '?limit=1', undefined, key)).body as {
      items: Made[];
      nextCursor: string;
    };
    const second = await call('GET', `?limit=1&cursor=${first.nextCursor}`, undefined, key);
    expect(first.items).toMatchObject([{ endpointId: made[1]!.endpointId }]);
    expect(second.body).toMatchObject({ items: [{ endpointId: made[0]!.endpointId }], nextCursor: null });
    const all = (await call('GET', '?limit=2', undefined, ADMIN_KEY)).body;
    expect(all).toMatchObject({
      items: [{ endpointId: made[1]!.endpointId }, { endpointId: made[0]!.endpointId }],
    });
  });

  it('of a key bound to a user hears of that user alone', async () => {
    const { key } = await keyed.makeKey(['generate'], { userId: 'producer-1' });
    expect(await make(HOOK, key)).toMatchObject({ userId: 'producer-1' });
    expect(await make({ ...HOOK, userId: 'producer-1' }, key)).toMatchObject({ userId: 'producer-1' });
    const refused = await call('POST', '', { ...HOOK, userId: 'producer-2' }, key);
    expect([refused.status, refused.body]).toMatchObject([403, { code: 'forbidden' }]);
  });

  it('changes as asked, and the rest of it stays', async () => {
    const { endpointId } = await make();
    const change = async (body: object) => (await call('PATCH', `/${endpointId}`, body)).body;
    expect(await change({ url: 'https://other.example/' })).toMatchObject({
      ...HOOK,
      url: 'https://other.example/',
    });
    expect(await change({ events: ['job.canceled'] })).toMatchObject({
      events: ['job.canceled'],
      enabled: true,
    });
    expect(await change({ enabled: false })).toMatchObject({
      ...{ enabled: false, disabledReason: 'requested', events: ['job.canceled'] },
      disabledAt: expect.stringMatching(/Z$/) as string,
    });
    expect((await call('POST', `/${endpointId}/test`)).status).toBe(409);
    expect(await change({})).toMatchObject({ enabled: false });
    expect(await change({ enabled: true })).toMatchObject({
      enabled: true,
      disabledReason: null,
      disabledAt: null,
    });
  });

  it.each([
    [{ url: 'http://studio.example/' }, ['url']],
    [{ events: ['none'], enabled: 'yes' }, ['enabled', 'events']],
    [{ userId: 'producer-1' }, ['userId']],
  ])('does not change to %j', async (body, paths) => {
    const { endpointId } = await make();
    const refused = await call('PATCH', `/${endpointId}`, body);
    expect([refused.status, pathsOf(refused)]).toEqual([400, paths]);
  });

  it('gets another secret on demand', async () => {
    const { endpointId, secret } = await make();
    const rotated = await call('POST', `/${endpointId}/rotate-secret`);
    expect(rotated.body).toMatchObject({ ...HOOK, endpointId });
    expect((rotated.body as Made).secret).toMatch(/^whsec_/);
    expect((rotated.body as Made).secret).not.toBe(secret);
  });

  it('that is deleted is no more, and its secret is forgotten', async () => {
    const { endpointId, secret } = await make();
    expect((await call('DELETE', `/${endpointId}`)).status).toBe(204);
    const answers = [
      await call('GET', `/${endpointId}`),
      await call('DELETE', `/${endpointId}`),
      await call('PATCH', `/${endpointId}`, { enabled: true }),
      await call('GET', `/${endpointId}/deliveries`),
      await call('POST', `/${endpointId}/rotate-secret`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    const { rows } = await keyed.db.pool.query('SELECT * FROM replicate.webhook_endpoints');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('is one of a hundred at most', async () => {
    const { key, keyId } = await keyed.makeKey(['generate', 'read']);
    await keyed.db.pool.query(
      `INSERT INTO replicate.webhook_endpoints (endpoint_id, owner, of_all_owners, url, events, secret)
       SELECT gen_random_uuid(), $1, false, 'https://a.example/', '{job.failed}', 'whsec_'
       FROM generate_series(1, 99)`,
      [`key:${keyId}`],
    );
    expect((await call('POST', '', HOOK, key)).status).toBe(201);
    const refused = await call('POST', '', HOOK, key);
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'conflict' }]);
  });

  it.each(['GET /none', 'PATCH /none', 'DELETE /none', 'POST /none/test', 'GET /none/deliveries'])(
    'is not found by what is no id: %s',
    async (route) => {
      const [method, path] = route.split(' ') as [string, string];
      expect((await call(method, path, method === 'PATCH' ? {} : undefined)).status).toBe(404);
    },
  );
});

describe('the log of an endpoint', () => {
  it('lists deliveries newest first, in pages, by status and event', async () => {
    const { endpointId } = await make();
    const sent = [await call('POST', `/${endpointId}/test`), await call('POST', `/${endpointId}/test`)];
    const ids = sent.map(({ body }) => (body as { deliveryId: string }).deliveryId);
    expect(sent[0]).toMatchObject({
      status: 202,
      body: {
        endpointId,
        event: 'endpoint.test',
        jobId: null,
        compilationId: null,
        status: 'pending',
        attempts: [],
      },
    });
    const list = async (query: string) =>
      (await call('GET', `/${endpointId}/deliveries?${query}`)).body as {
        items: { deliveryId: string }[];
        nextCursor: string | null;
      };
    const first = await list('limit=1&status=pending&event=endpoint.test');
    expect(first.items).toMatchObject([{ deliveryId: ids[1] }]);
    expect(await list(`limit=1&cursor=${first.nextCursor}`)).toMatchObject({
      items: [{ deliveryId: ids[0] }],
      nextCursor: null,
    });
    expect(await list('status=failed')).toEqual({ items: [], nextCursor: null });
    expect(await list('event=job.failed')).toEqual({ items: [], nextCursor: null });
    expect((await call('GET', `/${endpointId}/deliveries?status=none&event=none`)).status).toBe(400);
  });

  it('replays no delivery of another endpoint, and none of a disabled one', async () => {
    const [one, two] = [await make(), await make()];
    const { deliveryId } = (await call('POST', `/${one.endpointId}/test`)).body as { deliveryId: string };
    const replay = async (id: string) =>
      (await call('POST', `/${id}/deliveries/${deliveryId}/replay`)).status;
    expect([await replay(one.endpointId), await replay(two.endpointId)]).toEqual([202, 404]);
    await call('PATCH', `/${one.endpointId}`, { enabled: false });
    expect(await replay(one.endpointId)).toBe(409);
    expect((await call('POST', `/${one.endpointId}/deliveries/none/replay`)).status).toBe(404);
  });
});

describe('an endpoint that hears of everybody’s jobs, of one who is no admin any more', () => {
  it('can be looked at and deleted, and nothing more', async () => {
    const { endpointId } = await make();
    await keyed.db.pool.query(
      'UPDATE replicate.webhook_endpoints SET of_all_owners = true WHERE endpoint_id = $1',
      [endpointId],
    );
    const refused = [
      await call('PATCH', `/${endpointId}`, { url: 'https://elsewhere.example/' }),
      await call('POST', `/${endpointId}/rotate-secret`),
      await call('POST', `/${endpointId}/test`),
      await call('POST', `/${endpointId}/deliveries/${randomUUID()}/replay`),
    ];
    expect(refused.map(({ status, body }) => [status, (body as { code: string }).code])).toEqual(
      Array(4).fill([403, 'forbidden']),
    );
    expect((await call('GET', `/${endpointId}`)).status).toBe(200);
    expect((await call('DELETE', `/${endpointId}`)).status).toBe(204);
  });
});
