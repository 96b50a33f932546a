import { Injectable } from '@nestjs/common';
import { Big } from 'big.js';
import type { EntityManager } from 'typeorm';
import type { AppError } from '../errors.js';
import { admit, holdersOf, type Budget } from '../money/budget.js';
import { BudgetsRepository } from '../money/budgets.repository.js';
import { Database } from '../storage/database.js';
import { AcceptedJobsRepository, type NewJob } from './accepted-jobs.repository.js';

/**
 * Stores jobs as far as their budgets go. The budgets are locked from before they are read until the jobs are committed,
 * so that together no jobs pass them, whichever processes accept them.
 */
@Injectable()
export class BudgetedJobs {
  constructor(
    private readonly database: Database,
    private readonly jobs: AcceptedJobsRepository,
    private readonly budgets: BudgetsRepository,
  ) {}

  /** Stores, in their order, the jobs that fit; returns why each of the others is refused. */
  accept(jobs: NewJob[]): Promise<Map<NewJob, AppError>> {
    return this.database.transaction(async (manager) => {
      const { admitted, refused } = admit(jobs, await this.budgetsOf(manager, jobs));
      await this.jobs.acceptAllWithin(manager, admitted);
      return new Map(refused.map(({ charge, error }) => [charge, error]));
    });
  }

  /** Stores the jobs of one owner and user, all or none, within a transaction; throws `budget_exceeded`. */
  async acceptWithin(manager: EntityManager, jobs: NewJob[]): Promise<void> {
    const [first] = jobs;
    if (first === undefined) return;
    const estimatedCost = jobs.reduce((sum, job) => sum.plus(job.estimatedCost), new Big(0)).toFixed();
    const whole = { owner: first.owner, userId: first.userId, estimatedCost };
    const [refusal] = admit([whole], await this.budgetsOf(manager, [first])).refused;
    if (refusal) throw refusal.error;
    await this.jobs.acceptAllWithin(manager, jobs);
  }

  private budgetsOf(manager: EntityManager, jobs: NewJob[]): Promise<Budget[]> {
    return this.budgets.lockWithin(manager, jobs.flatMap(holdersOf));
  }
}
