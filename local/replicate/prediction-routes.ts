import type { CreateEntry } from './ledger.js';
import { createPrediction, inputHash, nonceOf } from './create-prediction.js';
import { ApiError, insufficientCredit, notFound } from './errors.js';
import type { DrawnFault } from './faults.js';
import { faultAnswer, slowDown } from './fault-answers.js';
import type { Exchange, Route } from './http.js';
import { header, readJson, sendJson, tokenOf } from './http.js';
import { isOver, predictionBody } from './predictions.js';
import type { Prediction } from './predictions.js';
import type { Simulator } from './simulator.js';
import { baseUrlOf } from './base-url.js';
import { readCreateBody } from './validation.js';

const defaultWaitSeconds = 60;

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

async function answerCreate(simulator: Simulator, exchange: Exchange, modelName?: string): Promise<void> {
  const { faults, ledger, models } = simulator;
  const body = ((await readJson(exchange.request)) ?? {}) as Record<string, unknown>;
  const model = modelName ?? models.byVersion(String(body.version))?.name;
  const prompt = (body.input as Record<string, unknown> | undefined)?.prompt;
  const fault = faults.draw('create', { model, prompt });
  const entry: CreateEntry = {
    at: new Date(simulator.clock.now()).toISOString(),
    predictionId: null,
    model: model ?? null,
    nonce: nonceOf(body.webhook),
    webhook: typeof body.webhook === 'string' ? body.webhook : null,
    inputHash: body.input === undefined ? null : inputHash(body.input),
    status: null,
    fault: fault?.kind ?? null,
  };
  ledger.add('creates', entry);
  try {
    await create(simulator, exchange, { modelName, body, fault, entry });
  } catch (error) {
    if (error instanceof ApiError) entry.status = error.status;
    throw error;
  }
}

interface Attempt {
  modelName: string | undefined;
  body: Record<string, unknown>;
  fault: DrawnFault<'create'> | undefined;
  entry: CreateEntry;
}

async function create(simulator: Simulator, exchange: Exchange, attempt: Attempt): Promise<void> {
  const { settings } = simulator;
  const { fault, modelName, entry } = attempt;
  const { request } = exchange;
  if (fault?.kind === 'reset') return cut(exchange);
  if (fault?.kind === 'error') throw faultAnswer(fault, settings());
  simulator.limits.takeCreate(tokenOf(request) ?? '');
  if (settings().credit === 'none') throw insufficientCredit();
  const path = modelName === undefined ? 'version' : 'official';
  const prediction = createPrediction(simulator, {
    body: readCreateBody(attempt.body, path, settings().allowHttpWebhooks),
    modelName,
    cancelAfter: header(request, 'cancel-after'),
    baseUrl: baseUrlOf(simulator, request),
  });
  entry.predictionId = prediction.id;
  const asCreated = predictionBody(prediction);
  if (fault?.kind === 'reset-after-create') return cut(exchange);
  if (fault?.kind === 'error-after-create') throw faultAnswer(fault, settings());
  if (fault?.kind === 'slow') await simulator.clock.sleep(fault.delayMs ?? 60_000);
  if (fault?.kind === 'answer-after-webhook') {
    await simulator.life.over(prediction);
    await simulator.webhooks.idle(prediction);
  }
  const answered = fault
    ? { status: 201, body: asCreated }
    : await waitAsPreferred(simulator, exchange, prediction);
  if (fault?.kind === 'status-200') answered.status = 200;
  if (fault?.kind === 'answer-processing')
    Object.assign(answered, { status: 202, body: { ...asCreated, status: 'processing' } });
  entry.status = answered.status;
  sendJson(exchange.response, answered.status, answered.body, {
    location: (asCreated.urls as { get: string }).get,
  });
}

/** 201 at once, or with `Prefer: wait` when it is over; 202 when it is not over in time. */
async function waitAsPreferred(
  { clock, life }: Simulator,
  { request }: Exchange,
  prediction: Prediction,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const preferred = /^wait(?:=([1-9]|[1-9][0-9]|60))?$/.exec(header(request, 'prefer') ?? '');
  if (!preferred) return { status: 201, body: predictionBody(prediction) };
  const waitMs = Number(preferred[1] ?? defaultWaitSeconds) * 1000;
  await new Promise<void>((resolve) => {
    const timer = clock.after(waitMs, resolve);
    void life.over(prediction).then(() => {
      timer.cancel();
      resolve();
    });
  });
  return { status: isOver(prediction) ? 201 : 202, body: predictionBody(prediction) };
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

function cut({ request }: Exchange): void {
  request.socket.resetAndDestroy();
}
