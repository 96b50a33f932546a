import { ADMIN_KEY, startKeyedApi, type KeyedApi } from '../access/keyed-api.js';
import { MESSAGE_NAMES } from '../../../src/queue/messages.js';

jest.setTimeout(60_000);

let keyed: KeyedApi;

beforeAll(async () => {
  keyed = await startKeyedApi();
});

afterAll(() => keyed.close());

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`admin:${key}`).toString('base64')}` });
const get = (path: string, headers: Record<string, string> = basic(ADMIN_KEY)) =>
  keyed.api.client.get(path, headers);

describe('the board of the queues', () => {
  it('asks a browser for a password, which is an admin’s key', async () => {
    const { key } = await keyed.makeKey(['read', 'generate']);
    const anonymous = await get('/queues', {});
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic realm="queues"/);
    expect(anonymous.body).toMatchObject({ error: 'Unauthorized', requestId: expect.any(String) });
    expect((await get('/queues', basic('wrong'))).status).toBe(401);
    expect((await get('/queues', basic(key))).status).toBe(403);
    expect((await get('/queues', { 'x-api-key': ADMIN_KEY })).status).toBe(200);
    expect((await get('/queues/api/queues', {})).status).toBe(401);
    expect((await get('/queues/static/css/none.css', {})).status).toBe(401);
  });

  it('takes a password on no other path', async () => {
    expect((await get('/jobs')).status).toBe(401);
  });

  it('is a page whose every asset is served under the policy of its answers', async () => {
    const page = await get('/queues');
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(page.text).toContain('<base href="/queues/"');
    expect(page.text).not.toMatch(/<script(?![^>]*(src=|type="application\/json"))/);
    const assets = [...page.text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) expect((await get(`/queues/${asset}`)).status).toBe(200);
  });

  it('shows every queue and changes none', async () => {
    const { queues } = (await get('/queues/api/queues')).body as {
      queues: { name: string; readOnlyMode: boolean }[];
    };
    expect(queues.map(({ name }) => name).sort()).toEqual([...MESSAGE_NAMES].sort());
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    const paused = await keyed.api.client.call('PUT', '/queues/api/queues/submit-job/pause', {
      headers: basic(ADMIN_KEY),
    });
    expect(paused.status).toBe(405);
  });
});
