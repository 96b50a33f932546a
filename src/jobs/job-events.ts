import { Injectable } from '@nestjs/common';
import type { EventStream } from '../http/event-stream.js';
import { MediaStore } from '../storage/media.store.js';
import { isFinal, type Job } from './job.js';
import { statesSince } from './job-history.js';
import { JobStatusReader } from './job-status-reader.js';
import { JobWatcher } from './job-watcher.js';
import { JobsRepository } from './jobs.repository.js';
import { StatusPresenter } from './status-presenter.js';
import { statusSnapshot } from './status-snapshot.js';

const HEARTBEAT_MS = 15_000;

/** Follows a job: for an event stream, or until it has ended. */
@Injectable()
export class JobEvents {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly watcher: JobWatcher,
    private readonly reader: JobStatusReader,
    private readonly presenter: StatusPresenter,
    private readonly media: MediaStore,
  ) {}

  /** The job once it has ended, or as it stands after `timeoutMs`; undefined when there is none. */
  async endOf(jobId: string, timeoutMs: number): Promise<Job | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const job = await this.jobs.find(jobId);
      const leftMs = deadline - Date.now();
      if (!job || isFinal(job.state) || leftMs <= 0 || this.watcher.isStopped) return job;
      await this.watcher.change(jobId, job.version, leftMs);
    }
  }

  /**
   * Sends the job's present status (or, after `lastVersion`, each status missed since) and every later one, until a
   * final status, the client's leaving, or the end of the process.
   */
  async stream(first: Job, stream: EventStream, lastVersion: number | undefined): Promise<void> {
    let sent = lastVersion ?? (await this.send(stream, first));
    for (
      let job: Job | undefined = first;
      job && !stream.signal.aborted;
      job = await this.jobs.find(first.jobId)
    ) {
      if (job.version > sent) sent = await this.sendMissed(stream, job, sent);
      else if (job !== first) stream.heartbeat();
      if (isFinal(job.state) || this.watcher.isStopped) break;
      await this.watcher.change(job.jobId, sent, HEARTBEAT_MS, stream.signal);
    }
    stream.end();
  }

  private async sendMissed(stream: EventStream, job: Job, sent: number): Promise<number> {
    await this.reader.publish(job);
    const missed = statesSince(job, await this.jobs.transitions(job.jobId), sent);
    for (const state of missed) await this.send(stream, state);
    return job.version;
  }

  private async send(stream: EventStream, job: Job): Promise<number> {
    const body = await this.presenter.present(statusSnapshot(job, this.media));
    stream.send({ event: 'status', id: job.version, data: body.toString() });
    return job.version;
  }
}
