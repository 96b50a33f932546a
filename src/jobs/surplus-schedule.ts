import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { SurplusPredictionsRepository } from './surplus-predictions.repository.js';

const INTERVAL_MS = 5_000;
const BATCH = 100;

/** Cancels surplus predictions again each minute until their end is known: it may have been heard by nobody. */
@Injectable()
export class SurplusSchedule extends ScheduledTask {
  constructor(
    private readonly surplus: SurplusPredictionsRepository,
    logger: Logger,
  ) {
    super('surplus-schedule', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.surplus.cancelDue(BATCH)) === BATCH;
  }
}
