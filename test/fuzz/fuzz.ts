import fc from 'fast-check';
import type { TestApp } from '../support/app.js';
import type { FuzzedApp } from './fuzzed-app.js';
import { draftOf, fillDraft, type Draft } from './arbitrary-request.js';
import { readDocument, type ApiDocument } from './document.js';
import { judge } from './judge.js';
import { KnownIds } from './known-ids.js';
import { mutate, mutations, type Mutation } from './mutations.js';
import { faultsOf } from './oracles.js';
import { toCurl, type Request } from './request.js';
import { closeConnections, send, type Answer } from './send.js';

export interface FuzzOptions {
  requests: number;
  seed: number;
}

/** How often each operation gave each status. */
export type Tally = Map<string, Map<number, number>>;

/**
 * Sends requests made from the API's own document, valid and mutated, about things that earlier answers have told of.
 * Throws at the first answer that is not as documented, with the smallest request that shows it.
 */
export async function fuzz(fuzzed: FuzzedApp, { requests, seed }: FuzzOptions): Promise<Tally> {
  const answer = await fuzzed.app.api.get('/openapi.json');
  const document = readDocument(answer.body as Record<string, unknown>);
  const session = new FuzzSession(fuzzed, document);
  const property = fc.asyncProperty(draftOf(document), mutations, (draft, steps) =>
    session.run(draft, steps),
  );
  try {
    await fc.assert(property, {
      ...{ numRuns: requests, seed, endOnFailure: false },
      reporter: (details) => {
        if (!details.failed) return;
        const { message } = details.errorInstance as Error;
        throw new Error(`After ${details.numRuns} requests of the seed ${seed}: ${message}`);
      },
    });
  } finally {
    closeConnections();
  }
  return session.tally;
}

class FuzzSession {
  readonly tally: Tally = new Map();
  private readonly ids = new KnownIds();
  private readonly app: TestApp;
  private readonly key: string;
  private readonly secrets: string[];

  constructor(
    { app, key, known }: FuzzedApp,
    private readonly document: ApiDocument,
  ) {
    this.app = app;
    this.key = key;
    this.ids.learn(known);
    const { REPLICATE_API_TOKEN, REPLICATE_WEBHOOK_SECRET, DATABASE_URL } = app.env;
    const secrets = [key, REPLICATE_API_TOKEN, REPLICATE_WEBHOOK_SECRET, DATABASE_URL];
    this.secrets = secrets.filter((secret) => secret !== undefined);
  }

  /** Sends one request and throws when its answer is not as it must be. */
  async run(draft: Draft, steps: Mutation[]): Promise<void> {
    const request = mutate(fillDraft(draft, this.ids, this.key), steps);
    const answer = await send(this.app.api.url, request);
    if (answer === undefined) return;
    this.count(request, answer);
    const verdict = judge(request);
    const admitted = request.operation.open || request.headers['x-api-key'] === this.key;
    const faults = faultsOf(request, answer, { verdict, admitted, secrets: this.secrets }, this.document);
    if (faults.length > 0) throw new Error(this.report(request, answer, faults));
    this.learn(answer);
  }

  private report(request: Request, answer: Answer, faults: string[]): string {
    const told = `${answer.status} ${answer.text.slice(0, 1_000)}`;
    return `${faults.join('; ')}\n\n${toCurl(request, this.key)}\n\nanswered ${told}`;
  }

  private count({ operation: { method, path } }: Request, { status }: Answer): void {
    const name = `${method} ${path}`;
    const statuses = this.tally.get(name) ?? new Map<number, number>();
    this.tally.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1));
  }

  private learn({ status, text }: Answer): void {
    if (status < 300 && text.startsWith('{')) this.ids.learn(JSON.parse(text));
  }
}
