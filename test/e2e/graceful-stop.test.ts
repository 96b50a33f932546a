import { startTestApp, type TestApp } from '../support/app.js';
import { openEvents } from '../support/event-reader.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(90_000);

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'stops', prompt: 'A stop' };

describe('SIGTERM', () => {
  it.each(['an event stream', 'a request that waits'])('ends the API although %s is open', async (kind) => {
    await app.simulator.fault({ where: 'run', kind: 'stuck-processing' });
    const jobId = await app.api.generate(request);
    await app.api.reached(jobId, 'processing');
    const open = kind === 'an event stream' ? await anOpenStream(jobId) : aWaitingRequest();
    await eventually(
      () => app.database.query('SELECT 1 FROM replicate.jobs'),
      ({ rows }) => rows.length === (kind === 'an event stream' ? 1 : 2),
    );
    const { code, signal } = await app.apiProcesses[0]!.stop();
    expect([code, signal]).toEqual([0, null]);
    await open;
  });
});

async function anOpenStream(jobId: string): Promise<unknown> {
  const { events } = await openEvents(`${app.api.url}/jobs/${jobId}/events`);
  return events.next();
}

function aWaitingRequest(): Promise<unknown> {
  return app.api.post('/generate-media', request, { prefer: 'wait=60' });
}
