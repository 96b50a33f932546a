import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from './access/authenticator.js';
import { hasOneOf, sees, type Caller } from './access/caller.js';
import { Settings } from './config/settings.js';
import type { Answer } from './http/answer.js';
import { DATA_HEADERS } from './http/headers.js';
import { requestIdOf } from './http/request-id.js';
import { logRequest } from './http/request-log.js';
import { JobStatusReader } from './jobs/job-status-reader.js';
import { StatusAnswers } from './jobs/status-answer.js';
import { Logger } from './logging/logger.js';
import type { RequestDurations, RouteDurations } from './metrics/request-durations.js';

const ROUTE = '/status/:jobId';
const PATH = /^\/status\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Answers `GET /status/{jobId}` before Fastify and NestJS begin, which would cost more than the answer itself: clients
 * poll it. What is no plain poll of a job that the caller may see goes the usual way, to its controller; where pages of any
 * origin may call, all do, as every answer must say so.
 */
export function openStatusLane(app: NestFastifyApplication, durations: RequestDurations): void {
  const { corsOrigins } = app.get(Settings).http;
  if (corsOrigins.includes('*')) return;
  const lane = new StatusLane(
    app.get(JobStatusReader),
    app.get(StatusAnswers),
    app.get(Authenticator),
    durations.of('GET', ROUTE),
    app.get(Logger),
    [
      ...(Object.entries(DATA_HEADERS).flat() as string[]),
      ...(corsOrigins.length > 0 ? ['vary', 'Origin'] : []),
    ],
  );
  const fastify = app.getHttpAdapter().getInstance();
  const [usual] = fastify.server.listeners('request') as [RequestListener];
  fastify.server.off('request', usual).on('request', (request, response) => {
    lane.serve(request, response, () => usual(request, response));
  });
  // Requests that still come while the process stops are told so by the usual way.
  fastify.addHook('preClose', (done) => {
    lane.close();
    done();
  });
}

class StatusLane {
  private open = true;

  constructor(
    private readonly reader: JobStatusReader,
    private readonly answers: StatusAnswers,
    private readonly authenticator: Authenticator,
    private readonly durations: RouteDurations,
    private readonly logger: Logger,
    /** Names and values in turn, of every answer. */
    private readonly headers: readonly string[],
  ) {}

  close(): void {
    this.open = false;
  }

  /** Answers the request, within the turn where the status is at hand, or calls `otherwise`. */
  serve(request: IncomingMessage, response: ServerResponse, otherwise: () => void): void {
    const jobId = this.open ? polledJob(request) : undefined;
    const caller = jobId === undefined ? undefined : this.authenticator.known(request.headers);
    if (jobId === undefined || !mayRead(caller)) return otherwise();
    const startedAt = performance.now();
    const send = (answer: Answer) => this.send(request, response, answer, startedAt);
    const ifNoneMatch = request.headers['if-none-match'];
    const kept = this.answers.signs ? undefined : this.reader.kept(jobId);
    if (kept) {
      if (!sees(caller, kept.owner)) return otherwise();
      // Clients are woken once for all answers of a turn of the event loop: one by one that costs more than the answer.
      setImmediate(() => send(this.answers.answerNow(kept, ifNoneMatch)));
      return;
    }
    this.find(jobId, caller, ifNoneMatch).then((answer) => (answer ? send(answer) : otherwise()), otherwise);
  }

  private send(request: IncomingMessage, response: ServerResponse, answer: Answer, startedAt: number): void {
    const requestId = requestIdOf(request.headers);
    const { status, body, headers } = answer;
    const list = [...this.headers, 'x-request-id', requestId];
    for (const [name, value] of Object.entries(headers)) list.push(name, value);
    if (body !== undefined) list.push('content-length', String(Buffer.byteLength(body)));
    response.writeHead(status, list).end(body);
    const durationMs = performance.now() - startedAt;
    this.durations.observe(status, durationMs / 1_000);
    logRequest(this.logger, {
      requestId,
      method: 'GET',
      url: request.url!,
      status,
      durationMs,
    });
  }

  private async find(
    jobId: string,
    caller: Caller,
    ifNoneMatch: string | undefined,
  ): Promise<Answer | undefined> {
    const found = await this.reader.read(jobId);
    return found && sees(caller, found.owner) ? this.answers.answer(found, ifNoneMatch) : undefined;
  }
}

/** The job that is asked for, when there is nothing about the request that the usual way must see to. */
function polledJob({ method, url = '', headers }: IncomingMessage): string | undefined {
  const { host, origin, expect } = headers;
  if (method !== 'GET' || host === undefined || origin !== undefined || expect !== undefined)
    return undefined;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return hasBody ? undefined : PATH.exec(url)?.[1];
}

function mayRead(caller: Caller | undefined): caller is Caller {
  return caller !== undefined && hasOneOf(caller, ['read']);
}
