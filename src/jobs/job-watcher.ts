import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { PeriodicTask } from '../schedule/periodic-task.js';
import { JobsRepository } from './jobs.repository.js';

const INTERVAL_MS = 100;

/** A job and the version that its watcher has seen. */
export interface SeenJob {
  jobId: string;
  version: number;
}

interface Watch extends SeenJob {
  changed: () => void;
}

/** Tells when a job has a newer version: one query for all watched jobs, ten times a second, only while any is. */
@Injectable()
export class JobWatcher implements BeforeApplicationShutdown {
  private readonly watches = new Set<Watch>();
  private task: PeriodicTask | undefined;
  private stopped = false;

  constructor(
    private readonly jobs: JobsRepository,
    private readonly logger: Logger,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const watch of this.watches) watch.changed();
    await this.task?.stop();
  }

  /** Resolves when the job's version is above `version`, after `timeoutMs`, on abort, or when the process stops. */
  change(jobId: string, version: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.anyChange([{ jobId, version }], timeoutMs, signal);
  }

  /** The same for the first of several jobs. */
  async anyChange(seen: SeenJob[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.stopped || signal?.aborted) return;
    const { promise, resolve } = promiseWithResolve();
    const watches = seen.map((job) => ({ ...job, changed: resolve }));
    const timer = setTimeout(resolve, timeoutMs);
    signal?.addEventListener('abort', resolve, { once: true });
    for (const watch of watches) this.watches.add(watch);
    this.task ??= this.startTask();
    await promise;
    for (const watch of watches) this.watches.delete(watch);
    clearTimeout(timer);
    signal?.removeEventListener('abort', resolve);
  }

  /** Whether the process is stopping, so that long answers should end. */
  get isStopped(): boolean {
    return this.stopped;
  }

  private startTask(): PeriodicTask {
    const task = new PeriodicTask(
      () => this.look(),
      INTERVAL_MS,
      (error) => this.logger.error('watch-jobs', error),
    );
    task.start();
    return task;
  }

  private async look(): Promise<boolean> {
    if (this.watches.size === 0) return false;
    const watches = [...this.watches];
    const rows = await this.jobs.versions([...new Set(watches.map((watch) => watch.jobId))]);
    const versions = new Map(rows.map((row) => [row.jobId, row.version]));
    for (const watch of watches) if ((versions.get(watch.jobId) ?? 0) > watch.version) watch.changed();
    return false;
  }
}

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
