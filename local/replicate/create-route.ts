import { baseUrlOf } from './base-url.js';
import { createPrediction, inputHash, nonceOf } from './create-prediction.js';
import { ApiError, insufficientCredit } from './errors.js';
import { faultAnswer } from './fault-answers.js';
import type { DrawnFault } from './faults.js';
import type { Exchange } from './http.js';
import { cut, header, readJson, sendJson, tokenOf } from './http.js';
import type { CreateEntry } from './ledger.js';
import { isOver, predictionBody } from './predictions.js';
import type { Prediction } from './predictions.js';
import type { Simulator } from './simulator.js';
import { readCreateBody } from './validation.js';

const defaultWaitSeconds = 60;

/** Answers a create and notes it in the ledger; `modelName` is that of the official path. */
export async function answerCreate(
  simulator: Simulator,
  exchange: Exchange,
  modelName?: string,
): Promise<void> {
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
