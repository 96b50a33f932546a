/** How far a prediction is at the provider. `aborted`: its deadline came before it started. */
export type PredictionStatus = 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'aborted';

const STATUSES: readonly string[] = ['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted'];

/** The parts of the provider's prediction object that we use; the same object comes by webhook, poll and create. */
export interface Prediction {
  id: string;
  status: PredictionStatus;
  /** `owner/name`, where told. */
  model: string | null;
  input: unknown;
  /** URLs of the output files, whatever shape the model gives them in. */
  outputs: string[];
  error: string | null;
  metrics: Record<string, unknown>;
  /** The webhook URL it was created with, where told. */
  webhook: string | null;
  /** Input and output have been deleted (an hour after the end). */
  dataRemoved: boolean;
}

/** Reads a prediction from untrusted JSON, ignoring what is unknown; undefined when it is none. */
export function readPrediction(body: unknown): Prediction | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const raw = body as Record<string, unknown>;
  if (typeof raw.id !== 'string' || raw.id === '' || raw.id.length > 200) return undefined;
  if (typeof raw.status !== 'string' || !STATUSES.includes(raw.status)) return undefined;
  if (raw.id !== storableText(raw.id)) return undefined;
  return {
    id: raw.id,
    status: raw.status as PredictionStatus,
    model: text(raw.model),
    input: raw.input,
    outputs: outputUrls(raw.output),
    error: text(raw.error),
    metrics: storableRecord(raw.metrics),
    webhook: text(raw.webhook),
    dataRemoved: raw.data_removed === true,
  };
}

/** Output comes as one URL, a list of them, or nothing. */
function outputUrls(output: unknown): string[] {
  const candidates: unknown[] = Array.isArray(output) ? output : [output];
  return candidates.map(text).filter((url) => url !== null);
}

/** Text without what PostgreSQL's JSON cannot hold: NUL and halves of surrogate pairs. */
export function storableText(value: string): string {
  return value.replaceAll('\0', '').toWellFormed();
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? storableText(value) : null;
}

/** A record as far as it can be stored; what is no record, or nested beyond reason, counts as empty. */
function storableRecord(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) return {};
  try {
    return JSON.parse(JSON.stringify(value), (_name, entry: unknown) => storable(entry)) as Record<
      string,
      unknown
    >;
  } catch {
    return {};
  }
}

function storable(entry: unknown): unknown {
  if (typeof entry === 'string') return storableText(entry);
  if (!isRecord(entry)) return entry;
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [storableText(name), value]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
