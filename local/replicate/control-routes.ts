import type { ClockMode } from './clock.js';
import { ApiError } from './errors.js';
import type { Exchange, Route } from './http.js';
import { readJson, sendJson } from './http.js';
import type { Prediction } from './predictions.js';
import type { Simulator } from './simulator.js';

interface ClockChange {
  mode?: ClockMode;
  scale?: number;
  advanceMs?: number;
}

/** What tests and demos steer and read; outside `/v1`, for callers on this machine only. */
export function controlRoutes(simulator: Simulator): Route[] {
  const { ledger, faults, clock, store, settings } = simulator;
  return [
    on('GET', /^\/_ledger$/, ({ response }) =>
      sendJson(response, 200, { ...ledger.read(), predictions: store.all().map(summary) }),
    ),
    on('DELETE', /^\/_ledger$/, ({ response }) => {
      ledger.clear();
      response.writeHead(204).end();
    }),
    on('GET', /^\/_faults$/, ({ response }) => sendJson(response, 200, faults.read())),
    on('POST', /^\/_faults$/, async ({ request, response }) => {
      sendJson(response, 200, faults.add(await readJson(request)));
    }),
    on('DELETE', /^\/_faults$/, ({ response }) => {
      faults.clear();
      response.writeHead(204).end();
    }),
    on('GET', /^\/_clock$/, ({ response }) => sendJson(response, 200, clock.state())),
    on('POST', /^\/_clock$/, async ({ request, response }) => {
      await changeClock(simulator, (await readJson(request)) ?? {});
      sendJson(response, 200, clock.state());
    }),
    on('GET', /^\/_settings$/, ({ response }) => sendJson(response, 200, settings())),
    on('POST', /^\/_settings$/, async ({ request, response }) => {
      simulator.changeSettings((await readJson(request)) ?? {});
      sendJson(response, 200, settings());
    }),
    on('POST', /^\/_reset$/, ({ response }) => {
      reset(simulator);
      response.writeHead(204).end();
    }),
    on('POST', /^\/_redirect$/, ({ response, url }) => {
      response.writeHead(307, { location: url.searchParams.get('to') ?? '/' }).end();
    }),
  ];
}

/** Control answers only callers on this machine, whatever address the server is bound to. */
function on(method: string, path: RegExp, answer: Route['answer']): Route {
  return {
    method,
    path,
    answer: (exchange: Exchange) => {
      if (!/^(::ffff:)?127\.|^::1$/.test(exchange.request.socket.remoteAddress ?? '')) {
        throw new ApiError(403, { detail: 'Only callers on this machine may steer the simulator.' });
      }
      return answer(exchange);
    },
  };
}

async function changeClock({ clock }: Simulator, { mode, scale, advanceMs }: ClockChange): Promise<void> {
  if (mode !== undefined && !['real', 'scaled', 'manual'].includes(mode)) {
    throw new ApiError(400, { detail: 'mode must be one of real, scaled, manual' });
  }
  if (scale !== undefined && !(scale > 0)) throw new ApiError(400, { detail: 'scale must be above 0' });
  if (mode !== undefined) clock.set(mode, scale);
  if (advanceMs === undefined) return;
  if (clock.state().mode !== 'manual')
    throw new ApiError(400, { detail: 'Only a manual clock can be advanced' });
  await clock.advance(advanceMs);
}

/** Forgets runs, files, faults, limits and the ledger; clock and settings stay. */
function reset(simulator: Simulator): void {
  const { life, webhooks, store, deliveries, uploads, faults, limits, ledger } = simulator;
  for (const part of [life, webhooks, store, deliveries, uploads, faults, limits, ledger]) part.clear();
}

function summary(prediction: Prediction) {
  const { id, model, status, nonce, inputHash, createdAtMs, completedAtMs, dataRemoved } = prediction;
  return {
    id,
    model: model.name,
    status,
    nonce,
    inputHash,
    createdAt: new Date(createdAtMs).toISOString(),
    completedAt: completedAtMs === undefined ? null : new Date(completedAtMs).toISOString(),
    dataRemoved,
  };
}
