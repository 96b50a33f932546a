import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { crashPoint } from '../crash-points.js';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { JobsRepository } from './jobs.repository.js';

const INTERVAL_MS = 1_000;
const BATCH = 200;

/** Sends open jobs whose time has come to be checked, then again each poll interval while they stay open. */
@Injectable()
export class JobCheckSchedule extends ScheduledTask {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly settings: Settings,
    logger: Logger,
  ) {
    super('job-check-schedule', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    const sent = await this.jobs.sendDueChecks(BATCH, this.settings.pollIntervalSeconds);
    if (sent > 0) crashPoint('checks-sent');
    return sent === BATCH;
  }
}
