import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { isFinal } from './job.js';
import { JobEvents } from './job-events.js';
import { JobStatusReader, type FoundStatus, type StatusSource } from './job-status-reader.js';
import { StatusPresenter } from './status-presenter.js';

/** A status as it is answered: the bytes that the layers keep, without parsing them; no body with 304. */
export interface StatusAnswer {
  status: 200 | 304;
  headers: Record<string, string>;
  body?: Buffer | string;
}

/** Makes answers of statuses. */
@Injectable()
export class StatusAnswers implements OnModuleInit {
  /** Answers so far, by the layer that they came from. */
  private readonly given: Record<StatusSource, number> = { memory: 0, redis: 0, dynamodb: 0, postgres: 0 };

  constructor(
    private readonly reader: JobStatusReader,
    private readonly presenter: StatusPresenter,
    private readonly events: JobEvents,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const help = 'Statuses answered, by the layer that had them';
    this.metrics.lookUp({ name: 'vsl_status_reads_total', help, labels: ['source'], total: true }, async () =>
      Object.entries(this.given).map(([source, answers]) => [{ source }, answers]),
    );
    let before = { hits: 0, all: 0 };
    this.metrics.whenTold((embedded) => {
      const now = hitsOf(this.given);
      const all = now.all - before.all;
      if (all > 0) embedded.set('CacheHitRate', 'Percent', (100 * (now.hits - before.hits)) / all);
      before = now;
    });
  }

  /** Whether URLs must be signed for each answer, so that it cannot be given at once. */
  get signs(): boolean {
    return this.presenter.signs;
  }

  /** The status, or 304 when the client's copy (`If-None-Match`) is that very one. */
  async answer(found: FoundStatus, ifNoneMatch?: string): Promise<StatusAnswer> {
    const shown = this.signs ? { ...found, body: await this.presenter.present(found) } : found;
    return this.answerNow(shown, ifNoneMatch);
  }

  /** The same for a body that is as clients are shown it. */
  answerNow(found: FoundStatus, ifNoneMatch?: string): StatusAnswer {
    this.given[found.source] += 1;
    const etag = this.presenter.etag(found);
    const headers: Record<string, string> = { 'x-cache': found.source, etag, 'cache-control': 'no-cache' };
    if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) return { status: 304, headers };
    headers['content-type'] = 'application/json; charset=utf-8';
    return { status: 200, headers, body: found.body };
  }

  /** Waits for the job's end and answers it; undefined when it does not come within `seconds`. */
  async end(jobId: string, seconds: number): Promise<StatusAnswer | undefined> {
    const job = await this.events.endOf(jobId, seconds * 1_000);
    if (!job || !isFinal(job.state)) return undefined;
    const answer = await this.answer(await this.reader.publish(job));
    return { ...answer, headers: { ...answer.headers, 'preference-applied': `wait=${seconds}` } };
  }
}

function hitsOf({ postgres, ...cached }: Record<StatusSource, number>) {
  const hits = Object.values(cached).reduce((sum, answers) => sum + answers, 0);
  return { hits, all: hits + postgres };
}

/** Weak comparison (RFC 9110, 13.1.2). */
function matches(ifNoneMatch: string, etag: string): boolean {
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return candidates.includes('*') || candidates.includes(etag);
}
