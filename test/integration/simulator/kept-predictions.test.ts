import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf, startReceiver, startSimulator, type RunningSimulator } from './running-simulator.js';

const flux = 'black-forest-labs/flux-schnell';
const input = { prompt: 'a pear', megapixels: '0.25', num_outputs: 2 };

let dir: string;
let simulator: RunningSimulator;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kept-'));
  simulator = await start();
});
afterEach(async () => {
  await simulator.close();
  await rm(dir, { recursive: true, force: true });
});

const start = () => startSimulator({ dir, keepsPredictions: true });
const restart = async () => {
  await simulator.close();
  simulator = await start();
};
const bytesAt = async (url: string) => {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};

describe('a simulator that is started again on its folder', () => {
  it('knows what was made before, and serves it at the same addresses', async () => {
    const made = await simulator.finished(await idOf(await simulator.create(flux, input)));
    const urls = made.output as string[];
    const bytes = await Promise.all(urls.map(bytesAt));
    await restart();
    expect(await simulator.get(made.id)).toEqual(made);
    expect(await Promise.all(urls.map(bytesAt))).toEqual(bytes);
    const listed = (await (await simulator.call('GET', '/v1/predictions')).json()) as { results: object[] };
    expect(listed.results).toHaveLength(1);
  });

  it('begins anew what was under way, and tells its end', async () => {
    const receiver = await startReceiver();
    await simulator.faults({ where: 'run', kind: 'stuck-processing' });
    const webhook = { webhook: receiver.url, webhook_events_filter: ['completed'] };
    const id = await idOf(await simulator.create(flux, input, webhook));
    await simulator.until(id, ({ status }) => status === 'processing');
    await restart();
    expect(await simulator.finished(id)).toMatchObject({ status: 'succeeded', input });
    await simulator.until(id, () => receiver.delivered.length === 1);
    expect(receiver.delivered[0]!.prediction).toMatchObject({ id, status: 'succeeded' });
    await receiver.close();
  });

  it('goes to another port when its own is taken, and names that one in its addresses', async () => {
    const made = await simulator.finished(await idOf(await simulator.create(flux, input)));
    const bytes = await bytesAt(made.output![0]!);
    await simulator.close();
    const other = await occupy(simulator.port);
    simulator = await start();
    const { output, urls } = await simulator.get(made.id);
    expect([output![0], urls.get].every((url) => url!.startsWith(simulator.url))).toBe(true);
    expect(await bytesAt(output![0]!)).toEqual(bytes);
    await new Promise((closed) => other.close(closed));
  });

  it('starts without a prediction of which only half was written', async () => {
    const { id } = await simulator.finished(await idOf(await simulator.create(flux, input)));
    await writeFile(join(dir, 'predictions', `${id}.json`), '{"id": "');
    await restart();
    expect((await simulator.call('GET', `/v1/predictions/${id}`)).status).toBe(404);
    expect(await readdir(join(dir, 'predictions'))).toEqual([]);
  });

  it('forgets what is removed', async () => {
    await simulator.finished(await idOf(await simulator.create(flux, input)));
    await simulator.call('POST', '/_reset');
    expect(await readdir(join(dir, 'predictions'))).toEqual([]);
  });
});

const occupy = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });
