import { startTestApp, type TestApp } from '../support/app.js';
import type { JobStatus } from '../support/api-client.js';
import { allEvents, openEvents, type EventAnswer, type ServerEvent } from '../support/event-reader.js';

jest.setTimeout(60_000);

let app: TestApp;
let quiet: EventAnswer;
let quietSince: number;

beforeAll(async () => {
  app = await startTestApp();
  await app.simulator.fault({ where: 'run', kind: 'stuck-processing', match: { promptIncludes: 'stuck' } });
  const stuck = await app.api.generate({ ...request, prompt: 'stuck' });
  await app.api.reached(stuck, 'processing');
  quiet = await openEvents(addressOf(stuck));
  quietSince = Date.now();
});
afterAll(async () => {
  await quiet.events.return(undefined);
  await app.stop();
});

const request = { mediaType: 'image', modelId: 'flux-schnell', userId: 'events', prompt: 'Events' };
const addressOf = (jobId: string) => `${app.api.url}/jobs/${jobId}/events`;
const statuses = (events: ServerEvent[]) => events.map(({ data }) => (JSON.parse(data!) as JobStatus).status);

describe('the events of a job', () => {
  it('tell each status in turn and end with the final one', async () => {
    app.workerProcesses[0]!.signal('SIGSTOP');
    const jobId = await app.api.generate(request);
    const { status, headers, events } = await openEvents(addressOf(jobId));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const seen: ServerEvent[] = [(await events.next()).value as ServerEvent];
    app.workerProcesses[0]!.signal('SIGCONT');
    for await (const event of events) seen.push(event);

    expect(statuses(seen)).toEqual(['pending', 'processing', 'completed']);
    expect(seen.every(({ event }) => event === 'status')).toBe(true);
    const versions = seen.map(({ id }) => Number(id));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(JSON.parse(seen.at(-1)!.data!)).toEqual(await app.api.status(jobId));
  });

  it('are replayed after the one that the client saw last', async () => {
    const jobId = await app.api.generate(request);
    await app.api.finished(jobId);
    const [last] = await allEvents(addressOf(jobId));
    expect(statuses([last!])).toEqual(['completed']);
    const missed = await allEvents(addressOf(jobId), { 'last-event-id': '1' });
    expect(statuses(missed)).toEqual(['processing', 'completed']);
    const [processing] = missed;
    expect(statuses(await allEvents(addressOf(jobId), { 'last-event-id': processing!.id! }))).toEqual([
      'completed',
    ]);
    expect(await allEvents(addressOf(jobId), { 'last-event-id': last!.id! })).toEqual([]);
  });

  it('start anew when the last id is none of ours', async () => {
    const jobId = await app.api.generate(request);
    await app.api.finished(jobId);
    expect(statuses(await allEvents(addressOf(jobId), { 'last-event-id': 'x' }))).toEqual(['completed']);
  });

  it('can be followed by many at once', async () => {
    const jobId = await app.api.generate(request);
    const all = await Promise.all(Array.from({ length: 20 }, () => allEvents(addressOf(jobId))));
    for (const events of all) expect(statuses(events).at(-1)).toBe('completed');
  });

  it('are kept alive by a comment when nothing happens', async () => {
    const first = (await quiet.events.next()).value as ServerEvent;
    expect(statuses([first])).toEqual(['processing']);
    const next = (await quiet.events.next()).value as ServerEvent;
    expect(next.comment).toBeDefined();
    expect(Date.now() - quietSince).toBeGreaterThan(10_000);
  });
});
