import type { Model } from './model.js';
import type { PredictionFiles } from './prediction-files.js';
import type { Prediction } from './predictions.js';

const pageSize = 100;
const mostKept = 50_000;

interface ListFilter {
  createdAfterMs?: number;
  createdBeforeMs?: number;
  /** Order of the last prediction of the page before. */
  below?: number;
  /** Whether a prediction shows up yet. */
  isListed: (prediction: Prediction) => boolean;
}

/** All predictions, in memory, and on disk where there are files for them; beyond 50 000 the oldest are forgotten. */
export class PredictionStore {
  #byId = new Map<string, Prediction>();
  #lastOrder = 0;

  constructor(private readonly files?: PredictionFiles) {}

  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  add(prediction: Prediction): void {
    this.#byId.set(prediction.id, prediction);
    this.#lastOrder = Math.max(this.#lastOrder, prediction.order);
    this.keep(prediction);
    if (this.#byId.size <= mostKept) return;
    const [oldest] = this.#byId.keys();
    if (oldest !== undefined) this.remove(oldest);
  }

  /** Predictions of an earlier process, oldest first; they are known once they are added. */
  kept(modelOf: (name: string) => Model | undefined): Prediction[] {
    return this.files?.read(modelOf) ?? [];
  }

  /** Has the prediction outlive this process as it is now. */
  keep(prediction: Prediction): void {
    if (this.#byId.get(prediction.id) === prediction) this.files?.keep(prediction);
  }

  get(id: string): Prediction | undefined {
    return this.#byId.get(id);
  }

  remove(id: string): void {
    this.#byId.delete(id);
    this.files?.forget(id);
  }

  all(): Prediction[] {
    return [...this.#byId.values()];
  }

  clear(): void {
    for (const id of this.#byId.keys()) this.remove(id);
  }

  /** Up to 100 predictions, newest first; `below` goes on to the next page, if there is one. */
  page(filter: ListFilter): { results: Prediction[]; below: number | undefined } {
    const { createdAfterMs = -Infinity, createdBeforeMs = Infinity, below = Infinity, isListed } = filter;
    const matching = this.all().filter(
      (one) =>
        one.order < below &&
        one.createdAtMs >= createdAfterMs &&
        one.createdAtMs < createdBeforeMs &&
        isListed(one),
    );
    const newestFirst = matching.sort((one, other) => other.order - one.order);
    const results = newestFirst.slice(0, pageSize);
    return { results, below: newestFirst.length > pageSize ? results.at(-1)?.order : undefined };
  }
}
