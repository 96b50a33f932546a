const keptEntries = 100_000;

export interface CreateEntry {
  at: string;
  /** null when nothing was created. */
  predictionId: string | null;
  model: string | null;
  /** Query of the webhook URL: what the caller put there to know its attempt again. */
  nonce: string | null;
  webhook: string | null;
  inputHash: string | null;
  /** HTTP status of the answer; null when the connection was cut instead. */
  status: number | null;
  fault: string | null;
}

export interface WebhookEntry {
  at: string;
  predictionId: string;
  webhookId: string;
  event: string;
  attempt: number;
  url: string;
  /** Status of the receiver's answer; null when there was none. */
  status: number | null;
  outcome: 'delivered' | 'refused' | 'unreachable' | 'dropped';
  fault: string | null;
}

interface PredictionCallEntry {
  at: string;
  predictionId: string;
  status: number | null;
  fault: string | null;
}

interface ListEntry {
  at: string;
  query: string;
  count: number;
  status: number | null;
  fault: string | null;
}

interface DownloadEntry {
  at: string;
  predictionId: string | null;
  path: string;
  range: string | null;
  status: number | null;
  /** Bytes of body handed to the socket. */
  bytes: number;
  fault: string | null;
}

interface Entries {
  creates: CreateEntry[];
  cancels: PredictionCallEntry[];
  polls: PredictionCallEntry[];
  lists: ListEntry[];
  webhooks: WebhookEntry[];
  downloads: DownloadEntry[];
}

const none = (): Entries => ({ creates: [], cancels: [], polls: [], lists: [], webhooks: [], downloads: [] });

/** What happened, for tests to assert on; each list keeps its newest 100 000 entries. Times are the simulator's clock. */
export class Ledger {
  #entries = none();

  add<Book extends keyof Entries>(book: Book, entry: Entries[Book][number]): void {
    const list = this.#entries[book] as Entries[Book][number][];
    list.push(entry);
    if (list.length > keptEntries) list.splice(0, list.length - keptEntries);
  }

  read(): Entries {
    return this.#entries;
  }

  clear(): void {
    this.#entries = none();
  }
}
