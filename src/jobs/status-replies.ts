import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isFinal } from './job.js';
import { JobEvents } from './job-events.js';
import { JobStatusReader, type FoundStatus } from './job-status-reader.js';
import { StatusPresenter } from './status-presenter.js';

/** Sends status bodies as the bytes that the layers keep, without parsing them. */
@Injectable()
export class StatusReplies {
  constructor(
    private readonly reader: JobStatusReader,
    private readonly presenter: StatusPresenter,
    private readonly events: JobEvents,
  ) {}

  /** Sends the status, or 304 when the client's copy (`If-None-Match`) is that very one. */
  async send(reply: FastifyReply, found: FoundStatus, ifNoneMatch?: string): Promise<void> {
    const etag = this.presenter.etag(found);
    void reply.header('x-cache', found.source).header('etag', etag).header('cache-control', 'no-cache');
    if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) {
      void reply.status(304).send();
      return;
    }
    void reply.type('application/json; charset=utf-8').send(await this.presenter.present(found));
  }

  /** Waits for the job's end and sends it with 200; returns false, with nothing sent, when it does not come in time. */
  async sendEnd(reply: FastifyReply, jobId: string, seconds: number): Promise<boolean> {
    const job = await this.events.endOf(jobId, seconds * 1_000);
    if (!job || !isFinal(job.state)) return false;
    void reply.status(200).header('preference-applied', `wait=${seconds}`);
    await this.send(reply, await this.reader.publish(job));
    return true;
  }
}

/** Weak comparison (RFC 9110, 13.1.2). */
function matches(ifNoneMatch: string, etag: string): boolean {
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return candidates.includes('*') || candidates.includes(etag);
}
