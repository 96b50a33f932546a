import { generateKeyPair, SignJWT } from 'jose';
import { startApi } from '../http/api.js';
import { startKeyedApi, type KeyedApi } from './keyed-api.js';
import { IMAGE } from './owned-things.js';
import { AUDIENCE, startTokenIssuer, type TokenIssuer } from './token-issuer.js';

jest.setTimeout(60_000);

let issuer: TokenIssuer;
let keyed: KeyedApi;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  keyed = await startKeyedApi({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE });
});

afterAll(async () => {
  await keyed.close();
  issuer.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const list = async (token: string) => (await keyed.api.client.get('/jobs', bearer(token))).status;
const now = () => Math.floor(Date.now() / 1_000);

describe('a bearer token', () => {
  it('opens what its scopes and groups name, and is checked once', async () => {
    const token = await issuer.sign({ scope: 'openid vsl/read' });
    expect([await list(token), await list(token)]).toEqual([200, 200]);
    expect(issuer.fetches()).toBe(1);
    expect((await keyed.api.client.post('/generate-media', IMAGE, bearer(token))).status).toBe(403);
    expect(await list(await issuer.sign({ 'cognito:groups': ['read'] }))).toBe(200);
    expect(await list(await issuer.sign({ scope: 'other/read reader' }))).toBe(403);
  });

  it('acts for its subject only, whose things another’s does not see', async () => {
    const mine = await issuer.sign({ sub: 'producer-1', scope: 'generate read' });
    const theirs = await issuer.sign({ sub: 'producer-2', scope: 'generate read' });
    const made = await keyed.api.client.post('/generate-media', IMAGE, bearer(mine));
    const { jobId } = made.body as { jobId: string };
    expect(made.status).toBe(202);
    expect((await keyed.api.client.post('/generate-media', IMAGE, bearer(theirs))).status).toBe(403);
    const seen = [mine, theirs].map((token) => keyed.api.client.get(`/status/${jobId}`, bearer(token)));
    expect((await Promise.all(seen)).map(({ status }) => status)).toEqual([200, 404]);
  });

  it('of Amazon Cognito names its audience and user its own way', async () => {
    const cognito = { aud: undefined, token_use: 'access', username: 'producer-1', scope: 'vsl/generate' };
    const post = async (clientId: string) => {
      const token = await issuer.sign({ ...cognito, client_id: clientId });
      return (await keyed.api.client.post('/generate-media', IMAGE, bearer(token))).status;
    };
    expect([await post(AUDIENCE), await post('another')]).toEqual([202, 401]);
  });

  it('is refused when anything about it is wrong', async () => {
    const [stranger, forged] = [await generateKeyPair('RS256'), new TextEncoder().encode('x'.repeat(64))];
    const unsigned = [{ alg: 'none' }, { iss: issuer.url, aud: AUDIENCE, sub: 'a', exp: now() + 60 }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const valid = await issuer.sign({ scope: 'read' });
    const wrong: Record<string, string> = {
      expired: await issuer.sign({ scope: 'read', exp: now() - 60 }),
      'for another audience': await issuer.sign({ scope: 'read', aud: 'another' }),
      'by another issuer': await issuer.sign({ scope: 'read', iss: 'https://issuer.example' }),
      'not valid yet': await issuer.sign({ scope: 'read', nbf: now() + 600 }),
      'without a subject': await issuer.sign({ scope: 'read', sub: undefined }),
      'of a subject that is no userId': await issuer.sign({ scope: 'read', sub: 'a/../b' }),
      'signed by a stranger': await issuer.sign({ scope: 'read' }, stranger.privateKey),
      unsigned: `${unsigned}.`,
      changed: valid.replace(/\.[^.]+\./, `.${unsigned.split('.')[1]}.`),
      'signed by a shared secret': await new SignJWT({
        scope: 'read',
        sub: 'a',
        iss: issuer.url,
        aud: AUDIENCE,
      })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('5m')
        .sign(forged),
      'no token': 'a.b.c',
    };
    for (const [why, token] of Object.entries(wrong)) expect([why, await list(token)]).toEqual([why, 401]);
    expect(await list(valid)).toBe(200);
    expect(keyed.api.printed()).not.toContain(valid);
  });

  it('of a new key is accepted as soon as the issuer has rotated to it', async () => {
    // A process that has fetched no keys for as long as it must wait between two fetches.
    const api = await startApi({
      ...{ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'true' },
      ...{ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE },
    });
    try {
      await issuer.rotate();
      const token = await issuer.sign({ scope: 'read' });
      expect((await api.client.get('/jobs', bearer(token))).status).toBe(200);
    } finally {
      await api.close();
    }
  });

  it('cannot be checked while its issuer is away: 503, no 401', async () => {
    const api = await startApi({
      ...{ DATABASE_URL: keyed.db.url, AUTH_REQUIRED: 'true' },
      ...{ OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: AUDIENCE },
    });
    const answer = await api.client.get('/jobs', bearer(await issuer.sign({ scope: 'read' })));
    await api.close();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
