import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { AppError } from '../errors.js';
import { statusOf } from '../jobs/job.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import { currentHashes } from './plan-scenes.js';
import type { Take } from './script.js';
import { ScriptLookup } from './script-lookup.js';
import type { TakeDto } from './take.dto.js';
import { isStale, TakePresenter } from './take-presenter.js';
import { TakesRepository } from './takes.repository.js';

/** What a reviewer says of a take; without a comment, one given with the same verdict stays. */
export interface Verdict {
  approval: 'approved' | 'rejected';
  comment: string | undefined;
}

/** Approves and rejects takes: at most one a section is approved, and only a current one. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly takes: TakesRepository,
    private readonly presenter: TakePresenter,
    private readonly registry: ModelRegistry,
  ) {}

  /** Saying the same again changes nothing. Throws `conflict` for a take that is not completed, or stale. */
  review(caller: Caller, videoId: string, { approval, comment }: Verdict): Promise<TakeDto> {
    return this.database.transaction(async (manager) => {
      const { scriptId } = await this.lookup.take(manager, caller, videoId);
      const whole = await this.lookup.whole(manager, caller, scriptId, 'FOR UPDATE');
      const take = await this.lookup.take(manager, caller, videoId);
      const hashes = currentHashes(this.registry, whole);
      refuseUnfit(take, hashes);
      if (take.approval === approval && (comment === undefined || comment === take.comment))
        return this.presenter.present(take, hashes);
      if (approval === 'approved') await this.takes.withdrawOthers(manager, take);
      await this.takes.review(manager, take.videoId, { approval, comment: comment ?? null });
      return this.presenter.present(await this.lookup.take(manager, caller, videoId), hashes);
    });
  }
}

function refuseUnfit(take: Take, hashes: ReadonlyMap<string, string>): void {
  if (take.state !== 'completed') {
    const status = statusOf(take.state);
    throw new AppError('conflict', `The take is ${status}: only a completed one can be approved or rejected`);
  }
  if (isStale(take, hashes)) {
    throw new AppError('conflict', 'The take is stale, its section has changed: generate the section again');
  }
}
