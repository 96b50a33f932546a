import Replicate from 'replicate';
import { AppError } from '../errors.js';
import { readPrediction, storableText, type Prediction } from './prediction.js';
import { exchange, type Exchange, type SentRequest } from './replicate-exchange.js';

/** A prediction to be created; `webhookUrl` carries what ties it to its job. */
export interface PredictionRequest {
  kind: 'official' | 'community';
  /** `owner/name`; official models run by it. */
  model: string | null;
  /** Version hash; community models run by it. */
  version: string | null;
  input: Record<string, unknown>;
  webhookUrl: string;
  /** The provider itself ends the prediction after this time. */
  cancelAfterSeconds: number;
}

/** Why nothing was created although nothing is wrong with the request; `refused_account`: no credit or a bad token. */
export type Postponement = 'throttled' | 'unreachable' | 'refused_account';

/** What came of a create; only `unclear` leaves open whether a prediction, and its cost, exist. */
export type CreateOutcome =
  | { kind: 'created'; prediction: Prediction }
  | { kind: 'refused'; detail: string }
  | { kind: 'postponed'; because: Postponement; afterSeconds: number; detail: string }
  | { kind: 'unclear'; detail: string };

const THROTTLED_SECONDS = 5;
const UNREACHABLE_SECONDS = 5;
/** An operator must act, so asking again soon is of no use. */
const REFUSED_ACCOUNT_SECONDS = 60;
const LIST_PAGES = 20;

/**
 * Replicate's API, through its official client. The client repeats a POST whose connection died, which would pay
 * twice, and ignores Retry-After; so the `fetch` it is given sends once and always hands back a good answer that tells
 * what really happened (an `Exchange`).
 */
export class ReplicateProvider {
  private readonly client: Replicate;

  constructor(baseUrl: string, token: string) {
    this.client = new Replicate({
      auth: token,
      baseUrl,
      fetch: async (input: string | URL | Request, init?: RequestInit) =>
        Response.json(await exchange(input as string | URL, init as SentRequest)),
    });
  }

  /** Creates a prediction with one POST; never sends a second one unless the first was answered "no such model". */
  async create(request: PredictionRequest): Promise<CreateOutcome> {
    const byName = request.kind === 'official' && request.model !== null;
    const outcome = await this.post(request, byName);
    const notOfficial = byName && outcome.kind === 'answered' && outcome.status === 404;
    return readCreate(notOfficial && request.version ? await this.post(request, false) : outcome);
  }

  /** The prediction as it is now; undefined when the provider knows none of that id. */
  async get(id: string): Promise<Prediction | undefined> {
    return this.readOne(await this.send('GET', `/predictions/${encodeURIComponent(id)}`));
  }

  /** Cancels the prediction and returns it as it is then; undefined when the provider knows none of that id. */
  async cancel(id: string): Promise<Prediction | undefined> {
    return this.readOne(await this.send('POST', `/predictions/${encodeURIComponent(id)}/cancel`));
  }

  /**
   * Predictions created from one time to before the other, newest first. `complete` is false when there are more than
   * were read: then one that is not among them may exist all the same.
   */
  async listBetween(from: Date, to: Date): Promise<{ predictions: Prediction[]; complete: boolean }> {
    const predictions: Prediction[] = [];
    const times = { created_after: from.toISOString(), created_before: to.toISOString() };
    let route = `/predictions?${new URLSearchParams(times).toString()}`;
    for (let page = 0; page < LIST_PAGES; page += 1) {
      const { results, next } = readPage(requireAnswer(await this.send('GET', route)));
      predictions.push(...results.map(readPrediction).filter((prediction) => prediction !== undefined));
      if (next === null) return { predictions, complete: true };
      route = `/predictions${next.search}`;
    }
    return { predictions, complete: false };
  }

  private async post(request: PredictionRequest, byName: boolean): Promise<Exchange> {
    const route = byName ? `/models/${request.model}/predictions` : '/predictions';
    const run = byName ? {} : { version: request.version };
    return this.send('POST', route, {
      headers: { 'Cancel-After': `${request.cancelAfterSeconds}s` },
      data: {
        ...run,
        input: request.input,
        webhook: request.webhookUrl,
        webhook_events_filter: ['start', 'completed'],
      },
    });
  }

  private async send(method: string, route: string, options: object = {}): Promise<Exchange> {
    const response = await this.client.request(route, { method, ...options });
    return (await response.json()) as Exchange;
  }

  private readOne(outcome: Exchange): Prediction | undefined {
    if (outcome.kind === 'answered' && outcome.status === 404) return undefined;
    const prediction = readPrediction(requireAnswer(outcome));
    if (!prediction)
      throw new AppError('provider_unavailable', 'The provider gave no prediction', { retryable: true });
    return prediction;
  }
}

function requireAnswer(outcome: Exchange): unknown {
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return outcome.body;
  throw new AppError(
    'provider_unavailable',
    'The provider does not answer as it should; it is asked again later',
    {
      retryable: true,
      cause: describe(outcome),
    },
  );
}

/** One page of the list; an answer of any other shape tells nothing about what exists. */
function readPage(body: unknown): { results: unknown[]; next: URL | null } {
  const { results, next } = (body ?? {}) as { results?: unknown; next?: unknown };
  const nextUrl = typeof next === 'string' && URL.canParse(next) ? new URL(next) : null;
  if (Array.isArray(results) && (nextUrl !== null || next === null || next === undefined)) {
    return { results, next: nextUrl };
  }
  throw new AppError('provider_unavailable', 'The provider gave no list of predictions', { retryable: true });
}

function readCreate(outcome: Exchange): CreateOutcome {
  const detail = describe(outcome);
  if (outcome.kind === 'unsent') return postponed('unreachable', UNREACHABLE_SECONDS, detail);
  if (outcome.kind === 'silent') return { kind: 'unclear', detail };
  const { status, body } = outcome;
  if (status >= 200 && status < 300) {
    const prediction = readPrediction(body);
    return prediction ? { kind: 'created', prediction } : { kind: 'unclear', detail };
  }
  if (status === 429) return postponed('throttled', throttledSeconds(outcome), detail);
  if (status === 401 || status === 402) return postponed('refused_account', REFUSED_ACCOUNT_SECONDS, detail);
  if (status >= 400 && status < 500 && status !== 408) return { kind: 'refused', detail };
  return { kind: 'unclear', detail };
}

function postponed(because: Postponement, afterSeconds: number, detail: string): CreateOutcome {
  return { kind: 'postponed', because, afterSeconds, detail };
}

/** Seconds to wait after a 429: the header (seconds or date), the body's `retry_after`, or the text's "resets in ~5s". */
function throttledSeconds({ retryAfter, body }: Extract<Exchange, { kind: 'answered' }>): number {
  const { retry_after: told, detail = '' } = (body ?? {}) as { retry_after?: unknown; detail?: unknown };
  const inText = /resets in ~(\d+)s/.exec(String(detail))?.[1];
  const candidates = [
    Number(retryAfter ?? NaN),
    secondsUntil(retryAfter),
    Number(told ?? NaN),
    Number(inText ?? NaN),
  ];
  const seconds = candidates.find((candidate) => Number.isFinite(candidate) && candidate >= 0);
  return Math.min(seconds ?? THROTTLED_SECONDS, 3_600);
}

function secondsUntil(date: string | null): number {
  return date === null ? NaN : Math.max(0, Math.ceil((Date.parse(date) - Date.now()) / 1000));
}

function describe(outcome: Exchange): string {
  if (outcome.kind !== 'answered') return `${outcome.kind}: ${outcome.reason}`;
  return storableText(`${outcome.status}: ${JSON.stringify(outcome.body).slice(0, 500)}`);
}
