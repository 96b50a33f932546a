import type { AppProcess } from '../support/app-process.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(120_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'observer', prompt: 'A lens' };

type Line = Record<string, unknown>;

/** What the processes printed about the job, by time. */
function linesOf(jobId: string, processes: AppProcess[]): Line[] {
  return processes
    .flatMap(({ output }) => output.split('\n'))
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text) as Line)
    .filter((line) => line.jobId === jobId)
    .sort((a, b) => String(a.timestamp).localeCompare(String(b.timestamp)));
}

it('every line about a job names the request that made it, one line a transition, in both processes', async () => {
  const requestId = 'made-by-this-request';
  const accepted = await app.api.post('/generate-media', request, { 'x-request-id': requestId });
  const { jobId } = accepted.body as { jobId: string };
  await app.api.finished(jobId);
  const lines = await eventually(
    async () => linesOf(jobId, [...app.apiProcesses, ...app.workerProcesses]),
    (found) => found.some(({ state }) => state === 'completed'),
  );
  const facts = { requestId, jobId, userId: 'observer', mediaType: 'image', modelId: 'flux-schnell' };
  for (const line of lines) expect(line).toMatchObject(facts);
  expect(lines.map(({ action, state }) => state ?? action)).toEqual([
    ...['job-accepted', 'submitting', 'processing', 'storing', 'completed'],
  ]);
  expect(lines.at(-1)).toMatchObject({ action: 'job-transition', duration: expect.any(Number) });
});
