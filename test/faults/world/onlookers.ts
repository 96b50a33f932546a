import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../local/replicate/random.js';
import { isFinal, type ApiClient, type JobStatus } from '../../support/api-client.js';
import type { AcceptedJob } from './clients.js';

const ONLOOKERS = 6;
const PAUSE_MS = 20;
const TIMEOUT_MS = 5_000;
const RANKS = { pending: 0, processing: 1, completed: 2, failed: 2, canceled: 2 };

interface Seen {
  version: number;
  status: JobStatus['status'];
}

/** Ask for the status of accepted jobs, of any API in turn, and notice when one goes back behind what was seen. */
export class Onlookers {
  looks = 0;
  readonly backwards: string[] = [];
  /** Looks that showed the status that was seen, in an older version of the same job. */
  olderCopies = 0;
  /** Accepted jobs that an API did not know, and answers that no fault excuses. */
  readonly odd: string[] = [];
  private readonly seen = new Map<string, Seen>();
  private readonly asking = new Set<string>();
  private looking: Promise<void>[] = [];
  private stopped = false;

  constructor(
    private readonly apis: ApiClient[],
    private readonly accepted: AcceptedJob[],
    private readonly random: Random,
  ) {}

  start(): void {
    this.looking = Array.from({ length: ONLOOKERS }, () => this.look());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.looking);
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      const jobId = this.pick();
      if (jobId !== undefined) await this.ask(jobId);
      await sleep(PAUSE_MS);
    }
  }

  /** One that nobody asks for at present: only answers in order tell an order of statuses. */
  private pick(): string | undefined {
    const free = this.accepted.filter(({ jobId }) => !this.asking.has(jobId));
    const open = free.filter(({ jobId }) => !isFinal({ status: this.seen.get(jobId)?.status ?? 'pending' }));
    // Now and then one that is over: it must stay as it is.
    const from = open.length > 0 && this.random.next() < 0.8 ? open : free;
    return from[this.random.integer(from.length)]?.jobId;
  }

  private async ask(jobId: string): Promise<void> {
    this.asking.add(jobId);
    const api = this.apis[this.random.integer(this.apis.length)]!;
    const answer = await api
      .call('GET', `/status/${jobId}`, { timeoutMs: TIMEOUT_MS })
      .catch(() => undefined);
    this.asking.delete(jobId);
    if (!answer) return;
    this.looks += 1;
    if (answer.status === 200) this.note(jobId, api, answer.headers, (answer.body as JobStatus).status);
    else if (answer.status !== 503) this.odd.push(`GET /status/${jobId}: ${answer.status}`);
  }

  private note(jobId: string, api: ApiClient, headers: Headers, status: JobStatus['status']): void {
    const version = Number(/^"v(\d+)/.exec(headers.get('etag') ?? '')?.[1] ?? 0);
    const before = this.seen.get(jobId);
    if (before && version < before.version && RANKS[status] === RANKS[before.status]) this.olderCopies += 1;
    if (before && RANKS[status] < RANKS[before.status]) {
      const layer = headers.get('x-cache');
      this.backwards.push(
        `${jobId}: v${before.version} ${before.status}, then v${version} ${status} (${layer})`,
      );
    }
    if (!before || version >= before.version) this.seen.set(jobId, { version, status });
  }
}
