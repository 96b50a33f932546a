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
  const statuses = (operation: string) => [...(tally.get(operation)?.keys() ?? [])];
  expect(statuses('POST /generate-media')).toEqual(expect.arrayContaining([202, 400, 401]));
  expect(operations.flatMap(statuses)).toEqual(expect.arrayContaining([413, 415]));
  expect(statuses('GET /status/{jobId}')).toEqual(expect.arrayContaining([200, 401, 404]));
  expect(statuses('POST /jobs/{jobId}/cancel')).toEqual(expect.arrayContaining([202, 404, 409]));
  expect(statuses('POST /api/scripts')).toEqual(expect.arrayContaining([201, 400]));
  expect(statuses('GET /api/compilations/{compilationId}')).toEqual(expect.arrayContaining([200, 404]));
  expect(app.apiProcesses[0]!.isRunning).toBe(true);
});
