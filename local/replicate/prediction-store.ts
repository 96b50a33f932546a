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

/** All predictions, in memory; beyond 50 000 the oldest are forgotten. */
export class PredictionStore {
  #byId = new Map<string, Prediction>();
  #lastOrder = 0;

  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  add(prediction: Prediction): void {
    this.#byId.set(prediction.id, prediction);
    if (this.#byId.size <= mostKept) return;
    const [oldest] = this.#byId.keys();
    if (oldest !== undefined) this.#byId.delete(oldest);
  }

  get(id: string): Prediction | undefined {
    return this.#byId.get(id);
  }

  remove(id: string): void {
    this.#byId.delete(id);
  }

  all(): Prediction[] {
    return [...this.#byId.values()];
  }

  clear(): void {
    this.#byId.clear();
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
