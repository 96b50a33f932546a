import type { BeforeApplicationShutdown } from '@nestjs/common';
import { PeriodicTask } from './periodic-task.js';

const INTERVAL_MS = 100;

/** A thing and the version of it that its watcher has seen. */
export interface SeenVersion {
  id: string;
  version: number;
}

interface Watch extends SeenVersion {
  changed: () => void;
}

/** Tells when a thing has a newer version: one query for all that are watched, ten times a second, only while any is. */
export abstract class VersionWatcher implements BeforeApplicationShutdown {
  private readonly watches = new Set<Watch>();
  private task: PeriodicTask | undefined;
  private stopped = false;

  /** `report` is told when looking failed, each time. */
  constructor(private readonly report: (error: unknown) => void) {}

  /** The present version of each of the ids that exist. */
  protected abstract versions(ids: string[]): Promise<Map<string, number>>;

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const watch of this.watches) watch.changed();
    await this.task?.stop();
  }

  /** Resolves when the version is above `version`, after `timeoutMs`, on abort, or when the process stops. */
  change(id: string, version: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.anyChange([{ id, version }], timeoutMs, signal);
  }

  /** The same for the first of several. */
  async anyChange(seen: SeenVersion[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.stopped || signal?.aborted) return;
    const { promise, resolve } = promiseWithResolve();
    const watches = seen.map((version) => ({ ...version, changed: resolve }));
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
    const task = new PeriodicTask(() => this.look(), INTERVAL_MS, this.report);
    task.start();
    return task;
  }

  private async look(): Promise<boolean> {
    if (this.watches.size === 0) return false;
    const watches = [...this.watches];
    const versions = await this.versions([...new Set(watches.map(({ id }) => id))]);
    for (const watch of watches) if ((versions.get(watch.id) ?? 0) > watch.version) watch.changed();
    return false;
  }
}

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
