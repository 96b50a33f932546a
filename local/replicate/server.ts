import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { accountRoutes } from './account-routes.js';
import { controlRoutes } from './control-routes.js';
import { deliveryRoutes } from './delivery-routes.js';
import { ApiError, badToken, missingToken, notFound, serverError } from './errors.js';
import type { Route } from './http.js';
import { sendError, tokenOf } from './http.js';
import type { SimulatorOptions } from './options.js';
import { predictionRoutes } from './prediction-routes.js';
import type { Prediction } from './predictions.js';
import type { Simulator } from './simulator.js';
import { createSimulator } from './simulator.js';
import { uploadRoutes } from './upload-routes.js';

const loopback = '127.0.0.1';

/** A running simulator; `url` has no path, the API is at `${url}/v1`. */
export interface ReplicateSimulator {
  port: number;
  url: string;
  close(): Promise<void>;
}

/** Starts Replicate's API, its delivery host and the control surface on one port. */
export async function startReplicateSimulator(options: SimulatorOptions = {}): Promise<ReplicateSimulator> {
  const dir = options.dir === undefined ? await mkdtemp(join(tmpdir(), 'replicate-')) : resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const simulator = createSimulator(options, dir);
  await simulator.media.removeOld();
  const routes = [predictionRoutes, deliveryRoutes, accountRoutes, uploadRoutes, controlRoutes].flatMap(
    (of) => of(simulator),
  );
  const server = createServer((request, response) => void answer(simulator, routes, request, response));
  const port = await listen(server, options, dir);
  if (options.keepsPredictions) await resumeKept(simulator, `http://${loopback}:${port}`);
  return {
    port,
    url: `http://${loopback}:${port}`,
    async close() {
      simulator.life.clear();
      simulator.clock.close();
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
      await simulator.media.close();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Listens on the port asked for, else on that of the last start, which its URLs name, else on any. */
async function listen(server: Server, options: SimulatorOptions, dir: string): Promise<number> {
  const { host = loopback, keepsPredictions = false } = options;
  const portFile = join(dir, 'port');
  const listenOn = (port: number) =>
    new Promise<void>((listening, failed) => {
      server.once('error', failed).listen(port, host, listening);
    });
  const last = keepsPredictions ? Number(await readFile(portFile, 'utf8').catch(() => 0)) : 0;
  await listenOn(options.port ?? last).catch((error: unknown) => {
    if (options.port !== undefined) throw error;
    return listenOn(0);
  });
  const { port } = server.address() as AddressInfo;
  if (keepsPredictions) await writeFile(portFile, String(port));
  return port;
}

/** Goes on with the predictions of the last start; where that had another port, their URLs get the new one. */
async function resumeKept({ store, models, life }: Simulator, url: string): Promise<void> {
  const kept = store.kept((name) => models.byName(name));
  for (const prediction of kept) {
    if (new URL(prediction.baseUrl).port !== new URL(url).port) moveTo(prediction, url);
    store.add(prediction);
  }
  await Promise.all(kept.map((prediction) => life.resume(prediction)));
}

function moveTo(prediction: Prediction, url: string): void {
  const moved = (text: unknown) =>
    typeof text === 'string' && text.startsWith(prediction.baseUrl)
      ? url + text.slice(prediction.baseUrl.length)
      : text;
  const { output } = prediction;
  prediction.output = Array.isArray(output) ? output.map(moved) : moved(output);
  prediction.baseUrl = url;
}

async function answer(
  simulator: Simulator,
  routes: Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://simulator');
    if (url.pathname.startsWith('/v1/')) admit(simulator, request, url.pathname);
    for (const route of routes) {
      const found = route.method === request.method ? route.path.exec(url.pathname) : null;
      if (found) return await route.answer({ request, response, url, params: found.slice(1) });
    }
    throw notFound();
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    if (error instanceof ApiError) return sendError(response, error);
    console.error('replicate simulator:', error);
    sendError(response, serverError(500));
  }
}

/** Token, then rate limit (creates count theirs where the ledger notes them); throws 401 or 429. */
function admit(simulator: Simulator, request: IncomingMessage, path: string): void {
  const token = tokenOf(request);
  if (token === undefined) throw missingToken();
  if (simulator.apiToken !== undefined && token !== simulator.apiToken)
    throw badToken(simulator.settings().badTokenBody);
  const isCreate = request.method === 'POST' && path.endsWith('/predictions');
  if (!isCreate) simulator.limits.takeOther(token);
}
