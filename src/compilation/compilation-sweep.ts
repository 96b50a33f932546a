import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { CompilationsRepository } from './compilations.repository.js';

const INTERVAL_MS = 5_000;
const BATCH = 100;

/** Sends the messages of open compilations again when their queue has lost them. */
@Injectable()
export class CompilationSweep extends ScheduledTask {
  constructor(
    private readonly compilations: CompilationsRepository,
    logger: Logger,
  ) {
    super('compilation-sweep', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    return (await this.compilations.sendForgotten(BATCH)) === BATCH;
  }
}
