import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import { invalidInput, invalidVersion, notFound } from './errors.js';
import type { Life } from './life.js';
import type { Model } from './model.js';
import type { ModelCatalogue } from './models.js';
import type { Settings } from './options.js';
import type { PredictionStore } from './prediction-store.js';
import type { Prediction } from './predictions.js';
import type { Random } from './random.js';
import type { CreateBody } from './validation.js';
import { inputFaults } from './validation.js';

const leastDeadlineSeconds = 5;
const largestSeed = 2 ** 31;

interface Parts {
  clock: Clock;
  random: Random;
  settings: () => Settings;
  models: ModelCatalogue;
  store: PredictionStore;
  life: Life;
}

export interface CreateRequest {
  body: CreateBody;
  /** `owner/name` of the official path; undefined on `/predictions`. */
  modelName?: string | undefined;
  cancelAfter: string | undefined;
  baseUrl: string;
}

/** The model a create names; throws 404 on the official path, 422 for a version. */
export function resolveModel(
  models: ModelCatalogue,
  version: string | undefined,
  modelName: string | undefined,
): Model {
  if (modelName === undefined) {
    const model = models.byVersion(version ?? '');
    if (!model) throw invalidVersion();
    return model;
  }
  const model = models.byName(modelName);
  if (!model || !models.isOfficial(model)) throw notFound();
  return model;
}

/** Validates the input and begins the run; throws Replicate's 404 or 422. */
export function createPrediction(parts: Parts, request: CreateRequest): Prediction {
  const { clock, random, settings, models, store, life } = parts;
  const { body } = request;
  const model = resolveModel(models, body.version, request.modelName);
  const faults = model.input
    ? inputFaults(model.input, body.input, settings().unknownInput === 'refuse')
    : [];
  if (faults.length > 0) throw invalidInput(faults);
  const createdAtMs = clock.now();
  const deadlineSeconds = parseCancelAfter(request.cancelAfter);
  const randomSeed = random.integer(largestSeed);
  const prediction: Prediction = {
    id: random.id(),
    order: store.nextOrder(),
    model,
    official: models.isOfficial(model),
    input: body.input,
    seed: typeof body.input.seed === 'number' && body.input.seed >= 0 ? body.input.seed : randomSeed,
    status: 'starting',
    output: null,
    error: null,
    logs: '',
    createdAtMs,
    ...(deadlineSeconds === undefined ? {} : { deadlineAtMs: createdAtMs + deadlineSeconds * 1000 }),
    dataRemoved: false,
    ...(body.webhook === undefined ? {} : { webhook: body.webhook }),
    webhookEvents: body.webhook_events_filter ?? ['output', 'completed'],
    baseUrl: request.baseUrl,
    nonce: nonceOf(body.webhook),
    inputHash: inputHash(body.input),
  };
  store.add(prediction);
  life.begin(prediction);
  return prediction;
}

/** Seconds of `30s`, `5m`, `1h30m45s` or `90`; throws a 422 for anything else and for less than 5 s. */
export function parseCancelAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const { bare, hours, minutes, seconds } =
    /^(?:(?<bare>\d+)|(?:(?<hours>\d+)h)?(?:(?<minutes>\d+)m)?(?:(?<seconds>\d+)s)?)$/.exec(header.trim())
      ?.groups ?? {};
  const total =
    Number(bare ?? 0) + Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  if (total >= leastDeadlineSeconds) return total;
  const description = 'Cancel-After must be a duration of at least 5 seconds, such as 30s, 5m or 1h30m45s';
  throw invalidInput([{ type: 'format', field: 'Cancel-After', description }]);
}

/** Query of the webhook URL, where callers put what lets them know their attempt again. */
export function nonceOf(webhook: unknown): string | null {
  return typeof webhook === 'string' && URL.canParse(webhook)
    ? new URL(webhook).search.slice(1) || null
    : null;
}

/** Equal inputs hash alike, in whatever order their keys came. */
export function inputHash(input: unknown): string {
  const sorted = JSON.stringify({ input }, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
  return createHash('sha256').update(sorted).digest('hex');
}
