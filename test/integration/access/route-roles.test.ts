import { ADMIN_KEY, callWith, startKeyedApi, type KeyedApi } from './keyed-api.js';
import {
  CHARACTER,
  ENDPOINT,
  IMAGE,
  makeOwner,
  makeThings,
  SCRIPT,
  SECTIONS,
  type OwnedThings,
} from './owned-things.js';

jest.setTimeout(120_000);

const KEY = { name: 'made by an admin', scopes: ['read'] };
const UNKNOWN = '01890000-0000-7000-8000-000000000001';

interface RouteCase {
  route: string;
  scopes: string[];
  body?: object;
  /** What the owner, another owner and then an admin are answered. */
  owner: number;
  other: number;
  admin: number;
}

/** A thing of the owner's: nothing to anybody else but the admins. */
const owned = (route: string, scope: string, owner: number, admin = owner, body?: object): RouteCase => ({
  ...{ route, scopes: [scope], owner, other: 404, admin },
  ...(body && { body }),
});

/** A route without a thing of anyone's. */
const general = (route: string, scopes: string[], status: number, body?: object): RouteCase => ({
  ...{ route, scopes, owner: status, other: status, admin: status },
  ...(body && { body }),
});

const adminOnly = (route: string, admin: number, body?: object): RouteCase => ({
  ...{ route, scopes: ['admin'], owner: 403, other: 403, admin },
  ...(body && { body }),
});

const ROUTES: RouteCase[] = [
  general('POST /generate-media', ['generate'], 202, IMAGE),
  general('POST /generate-media/estimate', ['read', 'generate'], 200, IMAGE),
  owned('GET /status/{jobId}', 'read', 200),
  general('GET /jobs', ['read'], 200),
  owned('GET /jobs/{jobId}', 'read', 200),
  owned('GET /jobs/{endedJobId}/events', 'read', 200),
  owned('POST /jobs/{jobId}/cancel', 'generate', 202, 409),
  owned('POST /jobs/{endedJobId}/retry', 'generate', 202),
  general('GET /models', ['read', 'generate'], 200),
  general('GET /models/flux-schnell', ['read', 'generate'], 200),
  general('POST /api/characters', ['generate'], 201, CHARACTER),
  general('GET /api/characters', ['read'], 200),
  owned('GET /api/characters/{characterId}', 'read', 200),
  owned('PATCH /api/characters/{characterId}', 'generate', 200, 200, { name: 'Maren' }),
  owned('DELETE /api/characters/{characterId}', 'generate', 204, 404),
  general('POST /api/scripts', ['generate'], 201, SCRIPT),
  general('GET /api/scripts', ['read'], 200),
  owned('GET /api/scripts/{scriptId}', 'read', 200),
  owned('PATCH /api/scripts/{scriptId}', 'generate', 200, 200, { title: 'Another' }),
  owned('PUT /api/scripts/{scriptId}/sections', 'generate', 200, 200, { sections: SECTIONS }),
  owned('DELETE /api/scripts/{scriptId}', 'generate', 204, 404),
  owned('POST /api/scripts/{scriptId}/generate', 'generate', 202),
  owned('GET /api/scripts/{scriptId}/videos', 'read', 200),
  owned('GET /api/scripts/{scriptId}/events', 'read', 204),
  owned('POST /api/section-videos/{videoId}/approve', 'approve', 409),
  owned('POST /api/section-videos/{videoId}/reject', 'approve', 409),
  owned('POST /api/scripts/{takenScriptId}/compile', 'compile', 409),
  owned('GET /api/compilations/{compilationId}', 'read', 200),
  owned('POST /api/compilations/{compilationId}/cancel', 'compile', 409),
  owned('GET /api/compilations/{compilationId}/events', 'read', 200),
  { ...owned('POST /api/scripts/{scriptId}/estimate', 'read', 200), scopes: ['read', 'generate'] },
  {
    ...owned('POST /api/scripts/estimate', 'read', 200, 200, { scriptIds: ['{scriptId}'] }),
    scopes: ['read', 'generate'],
  },
  general('POST /webhook-endpoints', ['generate'], 201, ENDPOINT),
  general('GET /webhook-endpoints', ['read'], 200),
  owned('GET /webhook-endpoints/{endpointId}', 'read', 200),
  owned('PATCH /webhook-endpoints/{endpointId}', 'generate', 200, 200, { enabled: false }),
  owned('DELETE /webhook-endpoints/{endpointId}', 'generate', 204, 404),
  owned('POST /webhook-endpoints/{endpointId}/rotate-secret', 'generate', 200),
  owned('POST /webhook-endpoints/{endpointId}/test', 'generate', 202),
  owned('GET /webhook-endpoints/{endpointId}/deliveries', 'read', 200),
  owned('POST /webhook-endpoints/{endpointId}/deliveries/{deliveryId}/replay', 'generate', 202),
  adminOnly('GET /metrics', 200),
  adminOnly('GET /dead-letters', 200),
  adminOnly('POST /dead-letters/1/replay', 404),
  adminOnly('POST /api-keys', 201, KEY),
  adminOnly('GET /api-keys', 200),
  adminOnly(`GET /api-keys/${UNKNOWN}`, 404),
  adminOnly(`DELETE /api-keys/${UNKNOWN}`, 404),
  adminOnly(`PUT /budgets/${UNKNOWN}`, 200, { monthlyLimit: 10 }),
  general('GET /usage', ['read'], 200),
  { ...adminOnly(`GET /budgets/${UNKNOWN}`, 200), scopes: ['read'] },
];

let keyed: KeyedApi;
let owner: { key: string; keyId: string };
let other: { key: string };

beforeAll(async () => {
  keyed = await startKeyedApi();
  [owner, other] = await Promise.all([makeOwner(keyed), makeOwner(keyed)]);
});

afterAll(() => keyed.close());

const fill = <T>(value: T, things: OwnedThings): T =>
  JSON.parse(
    JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (_, name: keyof OwnedThings) => things[name]),
  ) as T;

/** A key with every scope that does not open the route. */
async function keyWithout(scopes: string[]): Promise<string> {
  const rest = ['generate', 'read', 'approve', 'compile'].filter((scope) => !scopes.includes(scope));
  return (await keyed.makeKey(rest)).key;
}

it.each(ROUTES)('$route answers each role as it should', async (route) => {
  const things = await makeThings(keyed, owner.key, owner.keyId);
  const [method, path] = fill(route.route, things).split(' ') as [string, string];
  const body = route.body && fill(route.body, things);
  const answers: Record<string, number> = {};
  const roles = {
    anonymous: undefined,
    'wrong scope': await keyWithout(route.scopes),
    other: other.key,
    owner: owner.key,
    admin: ADMIN_KEY,
  };
  for (const [role, key] of Object.entries(roles))
    answers[role] = (await callWith(keyed.api.client, key, method, path, body)).status;
  expect(answers).toEqual({
    ...{ anonymous: 401, 'wrong scope': 403 },
    ...{ other: route.other, owner: route.owner, admin: route.admin },
  });
});

it('every route of the document that is not open stands above', async () => {
  const { paths } = (await keyed.api.client.get('/openapi.json')).body as { paths: Record<string, object> };
  const shape = (route: string) =>
    route.replaceAll(/\{\w+\}|flux-schnell|(?<=\/)1(?=\/)|[0-9a-f-]{36}/g, '{}');
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => shape(`${method.toUpperCase()} ${path}`)),
  );
  const open = /^\w+ \/(health\/|webhook\/)/;
  expect(documented.filter((route) => !open.test(route)).sort()).toEqual(
    ROUTES.map(({ route }) => shape(route)).sort(),
  );
});
