import type { Model } from './model.js';
import type { WebhookEvent } from './validation.js';

export type Status = 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'aborted';

/** One run. Times are milliseconds of the simulator's clock. */
export interface Prediction {
  id: string;
  /** Grows with each create; the list is ordered by it. */
  order: number;
  model: Model;
  official: boolean;
  input: Record<string, unknown>;
  seed: number;
  status: Status;
  output: unknown;
  error: string | null;
  logs: string;
  metrics?: Record<string, number>;
  createdAtMs: number;
  startedAtMs?: number;
  completedAtMs?: number;
  deadlineAtMs?: number;
  dataRemoved: boolean;
  webhook?: string;
  webhookEvents: WebhookEvent[];
  /** Scheme, host and port for the URLs in answers. */
  baseUrl: string;
  nonce: string | null;
  inputHash: string;
}

const terminal: ReadonlySet<Status> = new Set<Status>(['succeeded', 'failed', 'canceled', 'aborted']);

export function isOver(prediction: Prediction): boolean {
  return terminal.has(prediction.status);
}

/** The object that answers create, get, cancel and list, and that is the body of a webhook. */
export function predictionBody(prediction: Prediction): Record<string, unknown> {
  const { id, model, official, status, baseUrl, dataRemoved } = prediction;
  const api = `${baseUrl}/v1/predictions/${id}`;
  return {
    id,
    model: model.name,
    version: official ? 'hidden' : model.version,
    input: dataRemoved ? {} : prediction.input,
    logs: dataRemoved ? '' : prediction.logs,
    output: dataRemoved ? null : prediction.output,
    data_removed: dataRemoved,
    error: prediction.error,
    status,
    source: 'api',
    created_at: timestamp(prediction.createdAtMs),
    ...optional('started_at', timestamp(prediction.startedAtMs)),
    ...optional('completed_at', timestamp(prediction.completedAtMs)),
    ...optional('deadline', timestamp(prediction.deadlineAtMs)),
    ...optional('metrics', prediction.metrics),
    urls: { cancel: `${api}/cancel`, get: api, web: `https://replicate.com/p/${id}` },
  };
}

/** ISO 8601 with microseconds, as Replicate writes it. */
function timestamp(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString().replace('Z', '000Z');
}

function optional(key: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [key]: value };
}
