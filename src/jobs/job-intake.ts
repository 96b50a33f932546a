import { Injectable } from '@nestjs/common';
import { AppError } from '../errors.js';
import { Batches } from '../storage/batches.js';
import { AcceptedJobsRepository, type NewJob } from './accepted-jobs.repository.js';
import { BudgetedJobs } from './budgeted-jobs.js';

/** With two, one batch gathers and is parsed while the other is written to disk. */
const STATEMENTS_AT_ONCE = 2;
const MOST_JOBS_A_STATEMENT = 64;

/** Two would wait for each other's budgets: with one, more jobs share a transaction. */
const TRANSACTIONS_AT_ONCE = 1;

interface Arrival {
  job: NewJob;
  stored: () => void;
  failed: (error: unknown) => void;
}

/**
 * Stores accepted jobs. Those that arrive while others are being stored go to PostgreSQL together, in one statement: under
 * load that costs it a quarter of what a statement for each would, and a job that comes alone waits for nobody. Jobs that
 * a budget limits go on to transactions of their own, so that they do not hold up those that none does.
 */
@Injectable()
export class JobIntake {
  private readonly unbound: Batches<Arrival> = new Batches<Arrival>(
    { atOnce: STATEMENTS_AT_ONCE, most: MOST_JOBS_A_STATEMENT },
    (batch) => this.settle(this.unbound, batch, (arrivals) => this.storeUnbound(arrivals)),
  );
  private readonly bound: Batches<Arrival> = new Batches<Arrival>(
    { atOnce: TRANSACTIONS_AT_ONCE, most: MOST_JOBS_A_STATEMENT },
    (batch) => this.settle(this.bound, batch, (arrivals) => this.storeBound(arrivals)),
  );

  constructor(
    private readonly jobs: AcceptedJobsRepository,
    private readonly budgeted: BudgetedJobs,
  ) {}

  /**
   * Resolves when the job is durable; rejects with what PostgreSQL made of this job, whatever it came with, or with
   * `budget_exceeded`.
   */
  accept(job: NewJob): Promise<void> {
    return new Promise((stored, failed) => this.unbound.add({ job, stored, failed }));
  }

  private async storeUnbound(arrivals: Arrival[]): Promise<void> {
    const accepted = await this.jobs.acceptUnbound(arrivals.map(({ job }) => job));
    for (const arrival of arrivals) {
      if (accepted.has(arrival.job.jobId)) arrival.stored();
      else this.bound.add(arrival);
    }
  }

  private async storeBound(arrivals: Arrival[]): Promise<void> {
    const refusals = await this.budgeted.accept(arrivals.map(({ job }) => job));
    for (const { job, stored, failed } of arrivals) {
      const refusal = refusals.get(job);
      if (refusal) failed(refusal);
      else stored();
    }
  }

  /** A fault of one job must not be the others'; an outage is everybody's, those who still wait among them. */
  private async settle(
    lane: Batches<Arrival>,
    batch: Arrival[],
    store: (arrivals: Arrival[]) => Promise<void>,
  ): Promise<void> {
    try {
      await store(batch);
    } catch (error) {
      const outage = error instanceof AppError && error.code === 'service_unavailable';
      if (batch.length > 1 && !outage) {
        for (const arrival of batch) await this.settle(lane, [arrival], store);
        return;
      }
      const refused = outage ? [...batch, ...lane.takeWaiting()] : batch;
      for (const { failed } of refused) failed(error);
    }
  }
}
