import { Injectable } from '@nestjs/common';
import { MediaAddresses } from '../storage/media-addresses.js';
import { isFinal, type Job } from './job.js';
import { statesSince } from './job-history.js';
import { JobStatusReader } from './job-status-reader.js';
import { JobWatcher } from './job-watcher.js';
import { JobsRepository } from './jobs.repository.js';
import { StatusPresenter } from './status-presenter.js';
import { statusSnapshot } from './status-snapshot.js';

const HEARTBEAT_MS = 15_000;

/** A status that a job has, or had: its version and the status body as JSON. */
export interface StatusEvent {
  version: number;
  body: string;
}

/** Follows a job: status by status, or until it has ended. */
@Injectable()
export class JobEvents {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly watcher: JobWatcher,
    private readonly reader: JobStatusReader,
    private readonly presenter: StatusPresenter,
    private readonly addresses: MediaAddresses,
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
   * Yields the job's present status (or, after `lastVersion`, each status missed since) and every later one, until a
   * final status, the abort of `signal`, or the end of the process. Yields undefined when nothing happened for 15 s.
   */
  async *follow(
    first: Job,
    lastVersion: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StatusEvent | undefined> {
    const known = lastVersion !== undefined && lastVersion <= first.version;
    await this.reader.publish(first);
    if (!known) yield await this.event(first);
    let sent = known ? lastVersion : first.version;
    for (let job: Job | undefined = first; job && !signal.aborted; job = await this.jobs.find(first.jobId)) {
      if (job.version > sent) yield* this.missed(job, sent);
      else if (job !== first) yield undefined;
      sent = Math.max(sent, job.version);
      if (isFinal(job.state) || this.watcher.isStopped) return;
      await this.watcher.change(job.jobId, sent, HEARTBEAT_MS, signal);
    }
  }

  private async *missed(job: Job, sent: number): AsyncGenerator<StatusEvent> {
    await this.reader.publish(job);
    const states = statesSince(job, await this.jobs.transitions(job.jobId), sent);
    for (const state of states) yield await this.event(state);
  }

  private async event(job: Job): Promise<StatusEvent> {
    const body = await this.presenter.present(statusSnapshot(job, this.addresses));
    return { version: job.version, body: body.toString() };
  }
}
