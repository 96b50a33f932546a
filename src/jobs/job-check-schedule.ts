import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { PeriodicTask } from '../schedule/periodic-task.js';
import { JobsRepository } from './jobs.repository.js';

const INTERVAL_MS = 1_000;
const BATCH = 200;

/** Sends open jobs whose time has come to be checked, then again each poll interval while they stay open. */
@Injectable()
export class JobCheckSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;

  constructor(
    private readonly jobs: JobsRepository,
    private readonly settings: Settings,
    logger: Logger,
  ) {
    this.task = new PeriodicTask(
      () => this.sendDue(),
      INTERVAL_MS,
      (error) => logger.error('job-check-schedule', error),
    );
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  private async sendDue(): Promise<boolean> {
    return (await this.jobs.sendDueChecks(BATCH, this.settings.pollIntervalSeconds)) === BATCH;
  }
}
