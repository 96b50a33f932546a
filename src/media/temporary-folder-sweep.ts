import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { TemporaryFolders } from './temporary-folders.js';

const INTERVAL_MS = 600_000;

/** Removes what killed workers left in the temporary directory, at the start and every ten minutes. */
@Injectable()
export class TemporaryFolderSweep extends ScheduledTask {
  constructor(
    private readonly folders: TemporaryFolders,
    private readonly logger: Logger,
  ) {
    super('temporary-folder-sweep', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
    const removed = await this.folders.sweep();
    if (removed > 0) this.logger.warn('temporary-folder-sweep', { removed });
    return false;
  }
}
