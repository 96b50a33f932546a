import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import type { Prediction } from '../models/prediction.js';
import { ModelRegistry } from '../models/registry.js';
import { isFinal, type Job } from './job.js';
import { JobLifecycle } from './job-lifecycle.js';
import { jobLogFields } from './job-log-fields.js';
import { JobsRepository, type Move } from './jobs.repository.js';
import { endCost } from './prediction-cost.js';
import { consequence, hasEnded } from './prediction-outcome.js';
import { SurplusPredictionsRepository } from './surplus-predictions.repository.js';

/** A word on what came of applying a prediction. */
export type Applied = 'moved' | 'no effect' | 'surplus';

const TRIES = 5;

/** Applies what is known of a prediction to its job, however it came to be known. */
@Injectable()
export class PredictionsService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly surplus: SurplusPredictionsRepository,
    private readonly registry: ModelRegistry,
    private readonly logger: Logger,
  ) {}

  /**
   * Moves the job that has the prediction (`jobId` while none has it) as the prediction demands. When somebody else
   * moved it meanwhile, the job is read again: what was decided on an old state is never written.
   */
  async apply(jobId: string, prediction: Prediction, cause: string): Promise<Applied> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const job = await this.jobs.ownerOf(prediction.id, jobId);
      if (!job) return 'no effect';
      const applied = await this.applyTo(job, prediction, cause);
      if (applied !== 'lost race') return applied;
    }
    throw new Error(`Job ${jobId} kept moving while prediction ${prediction.id} was applied`);
  }

  private async applyTo(job: Job, prediction: Prediction, cause: string): Promise<Applied | 'lost race'> {
    const decided = consequence(job, prediction);
    if (decided.kind === 'none') {
      await this.settleAbandoned(job, prediction);
      return 'no effect';
    }
    if (decided.kind === 'surplus') {
      await this.noteSurplus(job, prediction);
      return 'surplus';
    }
    const move = this.withCost(decided.move, job, prediction);
    const moved = await this.lifecycle.move({ ...move, jobId: job.jobId, cause, from: [job.state] });
    return moved ? 'moved' : 'lost race';
  }

  /** A prediction that was left running when its job ended has ended itself: now its cost is known. */
  private async settleAbandoned(job: Job, prediction: Prediction): Promise<void> {
    if (!isFinal(job.state) || !hasEnded(prediction.status)) return;
    await this.surplus.settle(prediction.id, prediction.status, endCost(this.registry, job, prediction));
  }

  private async noteSurplus(job: Job, prediction: Prediction): Promise<void> {
    const { jobId, replicateId } = job;
    const fields = { ...jobLogFields(job), replicateId, surplusReplicateId: prediction.id };
    this.logger.warn('surplus-prediction', fields);
    await this.surplus.note(jobId, prediction, endCost(this.registry, job, prediction));
  }

  /** What is stored is priced when it is stored; a job that ends without owes what the provider charges all the same. */
  private withCost<M extends Pick<Move, 'to'>>(move: M, job: Job, prediction: Prediction): M {
    return isFinal(move.to) ? { ...move, actualCost: endCost(this.registry, job, prediction) } : move;
  }
}
