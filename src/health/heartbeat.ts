import { writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';

const INTERVAL_MS = 10_000;

/** Writes the heartbeat file, if one is wanted, every ten seconds: how a container without a port shows that it lives. */
@Injectable()
export class Heartbeat extends ScheduledTask {
  private readonly file: string | undefined;

  constructor(settings: Settings, logger: Logger) {
    super('heartbeat', INTERVAL_MS, logger);
    this.file = settings.heartbeatFile;
  }

  async run(): Promise<boolean> {
    if (this.file !== undefined) await writeFile(this.file, new Date().toISOString());
    return false;
  }
}
