import { Redis } from 'ioredis';
import { idempotencyScope } from '../../../src/http/idempotent-answer.js';
import { allEvents } from '../../support/event-reader.js';
import { startApi, type RunningApi } from '../http/api.js';
import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from './keyed-api.js';
import {
  CHARACTER,
  IMAGE,
  makeOwner,
  makeThings,
  SCRIPT,
  SECTIONS,
  type OwnedThings,
} from './owned-things.js';

jest.setTimeout(120_000);

const HIDDEN = [404, null];
const MEMORY = [200, 'memory'];

let keyed: KeyedApi;
let owner: { key: string; keyId: string };
let other: { key: string; keyId: string };
let things: OwnedThings;

beforeAll(async () => {
  keyed = await startKeyedApi();
  [owner, other] = await Promise.all([makeOwner(keyed), makeOwner(keyed)]);
  things = await makeThings(keyed, owner.key, owner.keyId);
});

afterAll(() => keyed.close());

const call = (key: string, method: string, path: string, body?: object) =>
  callWith(keyed.api.client, key, method, path, body);
const idsOf = async (key: string, path: string, id: string) => {
  const { items } = (await call(key, 'GET', path)).body as { items: Record<string, string>[] };
  return items.map((item) => item[id]);
};

describe('what a key made', () => {
  const LISTS: [string, string, () => string][] = [
    ['/jobs', 'jobId', () => things.jobId],
    ['/jobs?userId=producer-1', 'jobId', () => things.jobId],
    ['/api/scripts', 'scriptId', () => things.scriptId],
    ['/api/scripts?userId=producer-1', 'scriptId', () => things.scriptId],
    ['/api/characters', 'characterId', () => things.characterId],
  ];

  it.each(LISTS)('is listed at %s to its owner and the admin alone', async (path, name, id) => {
    expect(await idsOf(owner.key, path, name)).toContain(id());
    expect(await idsOf(ADMIN_KEY, path, name)).toContain(id());
    expect(await idsOf(other.key, path, name)).not.toContain(id());
  });

  it('stays hidden when another asks for it in the midst of a script', async () => {
    const sections = [{ ...SECTIONS[0], characters: [things.characterId] }];
    const refused = await call(other.key, 'POST', '/api/scripts', { ...SCRIPT, sections });
    const unknown = await call(other.key, 'POST', '/api/scripts', {
      ...SCRIPT,
      sections: [{ ...SECTIONS[0], characters: ['01890000-0000-7000-8000-000000000001'] }],
    });
    expect([refused.status, unknown.status]).toEqual([400, 400]);
    const withoutIds = (text: string) => text.replaceAll(/[0-9a-f-]{36}/g, 'ID');
    expect(withoutIds(refused.text)).toBe(withoutIds(unknown.text));
    expect((await call(owner.key, 'POST', '/api/scripts', { ...SCRIPT, sections })).status).toBe(201);
  });

  it('stays its owner’s when an admin works on it', async () => {
    const { jobId } = (await call(ADMIN_KEY, 'POST', `/jobs/${things.endedJobId}/retry`)).body as OwnedThings;
    const generated = await call(ADMIN_KEY, 'POST', `/api/scripts/${things.scriptId}/generate`);
    const { jobs } = generated.body as { jobs: { jobId: string }[] };
    expect(jobs.length).toBeGreaterThan(0);
    for (const id of [jobId, ...jobs.map((job) => job.jobId)]) {
      expect((await call(owner.key, 'GET', `/status/${id}`)).status).toBe(200);
      expect((await call(other.key, 'GET', `/status/${id}`)).status).toBe(404);
    }
  });

  it('is answered from no layer to another: not from memory, Redis or DynamoDB', async () => {
    const path = `/status/${things.endedJobId}`;
    const look = async (key: string, { client } = keyed.api) => {
      const { status, headers } = await callWith(client, key, 'GET', path);
      return [status, headers.get('x-cache')];
    };
    const lookAnew = async (key: string) => {
      const api = await anotherApi();
      return look(key, api).finally(() => api.close());
    };
    await look(owner.key);
    expect([await look(owner.key), await look(other.key)]).toEqual([MEMORY, HIDDEN]);
    expect([await lookAnew(other.key), await lookAnew(owner.key)]).toEqual([HIDDEN, [200, 'redis']]);
    await forget(things.endedJobId);
    expect(await lookAnew(other.key)).toEqual(HIDDEN);
    await forget(things.endedJobId);
    expect(await lookAnew(owner.key)).toEqual([200, 'dynamodb']);
  });

  it('is told to nobody else as it happens', async () => {
    const url = `${keyed.api.url}/jobs/${things.endedJobId}/events`;
    expect(await allEvents(url, { 'x-api-key': owner.key })).toHaveLength(1);
    expect((await call(other.key, 'GET', `/jobs/${things.endedJobId}/events`)).status).toBe(404);
  });

  it('is its own also under the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'one' };
    const answers = await Promise.all(
      [owner, other].map(({ key }) =>
        keyed.api.client.post('/generate-media', IMAGE, { ...headers, 'x-api-key': key }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]!.text).not.toBe(answers[1]!.text);
    expect(idempotencyScope('key:1', 'a')).not.toBe(idempotencyScope(null, 'a'));
  });

  it('before there were owners is the admins’', async () => {
    const { jobId } = (await call(owner.key, 'POST', '/generate-media', IMAGE)).body as OwnedThings;
    await keyed.db.pool.query('UPDATE replicate.jobs SET owner = NULL WHERE job_id = $1', [jobId]);
    expect((await call(owner.key, 'GET', `/jobs/${jobId}`)).status).toBe(404);
    expect((await call(ADMIN_KEY, 'GET', `/jobs/${jobId}`)).status).toBe(200);
  });
});

describe('a key bound to a user', () => {
  it('cannot act for another', async () => {
    const { key } = await keyed.makeKey(['generate', 'read'], { userId: 'producer-1' });
    const requests: [string, object][] = [
      ['/generate-media', IMAGE],
      ['/api/scripts', SCRIPT],
      ['/api/characters', CHARACTER],
    ];
    for (const [path, body] of requests) {
      const refused = await call(key, 'POST', path, { ...body, userId: 'producer-2' });
      expect([path, refused.status, refused.body]).toMatchObject([path, 403, { code: 'forbidden' }]);
      expect((await call(key, 'POST', path, body)).status).toBeLessThan(300);
    }
    expect(await idsOf(ADMIN_KEY, '/jobs?userId=producer-2', 'jobId')).toEqual([]);
  });
});

it('where no key is required everybody sees everything', async () => {
  const open = await startApi({ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'false' });
  const { status } = await open.client.get(`/jobs/${things.jobId}`);
  const keys = await open.client.get('/api-keys');
  await open.close();
  expect([status, keys.status]).toEqual([200, 200]);
});

/** One more process, which has nothing in memory yet. */
const anotherApi = (): Promise<RunningApi> =>
  startApi({ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'true', ADMIN_API_KEY: ADMIN_KEY });

/** Lets Redis lose what it holds of the job. */
async function forget(jobId: string): Promise<void> {
  const redis = new Redis(process.env.REDIS_URL!);
  await redis.del(`job:status:${jobId}`);
  redis.disconnect();
}
