import { randomInt } from 'node:crypto';
import { fuzz } from './fuzz.js';
import { startFuzzedApp, type FuzzedApp } from './fuzzed-app.js';

jest.setTimeout(600_000);

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_000);
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

let fuzzed: FuzzedApp;
beforeAll(async () => {
  fuzzed = await startFuzzedApp();
});
afterAll(() => fuzzed.app.stop());

it(`answers ${REQUESTS} requests as documented (seed ${SEED})`, async () => {
  const { app } = fuzzed;
  const tally = await fuzz(fuzzed, { requests: REQUESTS, seed: SEED });
  const { paths } = (await app.api.get('/openapi.json')).body as { paths: Record<string, object> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...tally.keys()].sort()).toEqual(operations.sort());
  // Which answers a single operation met is chance; that the fuzz gets past the doors of all of them together is not.
  const met = new Set([...tally.values()].flatMap((statuses) => [...statuses.keys()]));
  expect([...met]).toEqual(expect.arrayContaining([200, 201, 202, 400, 401, 404, 409, 415]));
  expect(app.apiProcesses[0]!.isRunning).toBe(true);
});
