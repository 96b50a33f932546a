import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { isFinal, statusOf } from '../jobs/job.js';
import { JobWatcher } from '../jobs/job-watcher.js';
import type { Take } from './script.js';
import { ScriptVideos, type SeenTakes } from './script-videos.js';
import { isStale, TakePresenter } from './take-presenter.js';

const HEARTBEAT_MS = 15_000;

/** Changes that were committed out of the order of their times are told again rather than lost. */
const OVERLAP_MS = 1_000;

/** A take as it has become: `id` is the time (ms) of the latest change told so far. */
export interface TakeEvent {
  id: number;
  body: string;
}

/** Follows all takes of a script. */
@Injectable()
export class ScriptEvents {
  constructor(
    private readonly videos: ScriptVideos,
    private readonly watcher: JobWatcher,
    private readonly presenter: TakePresenter,
  ) {}

  /**
   * Yields every take (or, after `lastId`, those that have changed since) and each later change of one, until no take
   * is under way, the abort of `signal`, or the end of the process. Yields undefined when nothing happened for 15 s.
   */
  async *follow(
    caller: Caller,
    first: SeenTakes,
    scriptId: string,
    lastId: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<TakeEvent | undefined> {
    const shown = new Map(
      first.takes.filter((take) => !isNews(take, lastId)).map((take) => [take.videoId, look(take, first)]),
    );
    let id = lastId ?? 0;
    let saidAt = Date.now();
    for (let seen = first; !signal.aborted; seen = await this.videos.all(caller, scriptId)) {
      const news = seen.takes.filter((take) => shown.get(take.videoId) !== look(take, seen));
      const isQuiet = Date.now() - saidAt >= HEARTBEAT_MS;
      if (news.length > 0 || isQuiet) saidAt = Date.now();
      if (news.length === 0 && isQuiet) yield undefined;
      for (const take of news) {
        shown.set(take.videoId, look(take, seen));
        id = Math.max(id, take.changedAt.getTime());
        yield { id, body: JSON.stringify(await this.presenter.present(take, seen.hashes)) };
      }
      const open = seen.takes.filter(({ state }) => !isFinal(state));
      if (open.length === 0 || this.watcher.isStopped) return;
      const seenJobs = open.map(({ jobId, jobVersion }) => ({ id: jobId, version: jobVersion }));
      await this.watcher.anyChange(seenJobs, saidAt + HEARTBEAT_MS - Date.now(), signal);
    }
  }
}

/** Whether there is nothing to tell, now or later, a client that has seen all up to `lastId`. */
export function isOver({ takes }: SeenTakes, lastId: number | undefined): boolean {
  return takes.every(
    (take) => isFinal(take.state) && !(lastId === undefined || take.changedAt.getTime() > lastId),
  );
}

function isNews(take: Take, lastId: number | undefined): boolean {
  return lastId === undefined || take.changedAt.getTime() > lastId - OVERLAP_MS;
}

/** What of a take is news when it changes. */
function look(take: Take, { hashes }: SeenTakes): string {
  return `${statusOf(take.state)} ${take.approval} ${take.comment ?? ''} ${isStale(take, hashes)}`;
}
