import { baseUrlOf } from './base-url.js';
import { answerCreate } from './create-route.js';
import type { ApiError } from './errors.js';
import { notFound } from './errors.js';
import { faultAnswer, slowDown } from './fault-answers.js';
import type { Exchange, Route } from './http.js';
import { cut, sendJson } from './http.js';
import { predictionBody } from './predictions.js';
import type { Prediction } from './predictions.js';
import type { Simulator } from './simulator.js';

/** Create, get, cancel and list. */
export function predictionRoutes(simulator: Simulator): Route[] {
  return [
    { method: 'POST', path: /^\/v1\/predictions$/, answer: (exchange) => answerCreate(simulator, exchange) },
    {
      method: 'POST',
      path: /^\/v1\/(?:models|deployments)\/([^/]+\/[^/]+)\/predictions$/,
      answer: (exchange) => answerCreate(simulator, exchange, exchange.params[0]),
    },
    { method: 'GET', path: /^\/v1\/predictions$/, answer: (exchange) => answerList(simulator, exchange) },
    {
      method: 'GET',
      path: /^\/v1\/predictions\/([^/]+)$/,
      answer: (exchange) => answerGet(simulator, exchange),
    },
    {
      method: 'POST',
      path: /^\/v1\/predictions\/([^/]+)\/cancel$/,
      answer: (exchange) => answerCancel(simulator, exchange),
    },
  ];
}

async function answerGet(simulator: Simulator, exchange: Exchange): Promise<void> {
  const { ledger, faults, store, clock, settings } = simulator;
  const id = exchange.params[0] ?? '';
  const prediction = store.get(id);
  const fault = faults.draw('poll', occasionOf(id, prediction));
  const entry = {
    at: new Date(clock.now()).toISOString(),
    predictionId: id,
    status: null as number | null,
    fault: fault?.kind ?? null,
  };
  ledger.add('polls', entry);
  if (fault?.kind === 'reset') return cut(exchange);
  await slowDown(clock, fault);
  if (fault?.kind === 'error') throw record(entry, faultAnswer(fault, settings()));
  if (!prediction || fault?.kind === 'not-found') throw record(entry, notFound());
  entry.status = 200;
  sendJson(
    exchange.response,
    200,
    predictionBody(fault?.kind === 'stale' ? asAtFirst(prediction) : prediction),
  );
}

async function answerCancel(simulator: Simulator, exchange: Exchange): Promise<void> {
  const { ledger, faults, store, clock, life, settings } = simulator;
  const id = exchange.params[0] ?? '';
  const prediction = store.get(id);
  const fault = faults.draw('cancel', occasionOf(id, prediction));
  const entry = {
    at: new Date(clock.now()).toISOString(),
    predictionId: id,
    status: null as number | null,
    fault: fault?.kind ?? null,
  };
  ledger.add('cancels', entry);
  if (fault?.kind === 'reset') return cut(exchange);
  await slowDown(clock, fault);
  if (fault?.kind === 'error') throw record(entry, faultAnswer(fault, settings()));
  if (!prediction) throw record(entry, notFound());
  life.cancel(prediction);
  entry.status = 200;
  sendJson(exchange.response, 200, predictionBody(prediction));
}

async function answerList(simulator: Simulator, exchange: Exchange): Promise<void> {
  const { ledger, faults, store, clock, settings } = simulator;
  const { url, request, response } = exchange;
  const query = url.searchParams;
  const fault = faults.draw('list', {});
  const entry = {
    at: new Date(clock.now()).toISOString(),
    query: url.search,
    count: 0,
    status: null as number | null,
    fault: fault?.kind ?? null,
  };
  ledger.add('lists', entry);
  if (fault?.kind === 'reset') return cut(exchange);
  await slowDown(clock, fault);
  if (fault?.kind === 'error') throw record(entry, faultAnswer(fault, settings()));
  const listedBeforeMs = fault?.kind === 'late' ? clock.now() - (fault.delayMs ?? 60_000) : Infinity;
  const { results, below } = store.page({
    createdAfterMs: timeOf(query.get('created_after')),
    createdBeforeMs: timeOf(query.get('created_before')),
    below: query.has('cursor')
      ? Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString())
      : undefined,
    isListed: (prediction) => prediction.createdAtMs <= listedBeforeMs,
  });
  Object.assign(entry, { status: 200, count: results.length });
  const next = new URL(url.pathname + url.search, baseUrlOf(simulator, request));
  next.searchParams.set('cursor', Buffer.from(String(below)).toString('base64url'));
  sendJson(response, 200, {
    previous: null,
    next: below === undefined ? null : next.href,
    results: results.map(predictionBody),
  });
}

function record(entry: { status: number | null }, error: ApiError): ApiError {
  entry.status = error.status;
  return error;
}

function occasionOf(predictionId: string, prediction: Prediction | undefined) {
  return { predictionId, model: prediction?.model.name, prompt: prediction?.input.prompt };
}

/** The prediction before anything had happened. */
function asAtFirst(prediction: Prediction): Prediction {
  return {
    ...prediction,
    status: 'starting',
    output: null,
    error: null,
    logs: '',
    metrics: undefined,
    startedAtMs: undefined,
    completedAtMs: undefined,
  };
}

function timeOf(text: string | null): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
