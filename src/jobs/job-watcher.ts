import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { VersionWatcher } from '../schedule/version-watcher.js';
import { JobsRepository } from './jobs.repository.js';

/** Tells when a job has a newer version. */
@Injectable()
export class JobWatcher extends VersionWatcher {
  constructor(
    private readonly jobs: JobsRepository,
    logger: Logger,
  ) {
    super((error) => logger.error('watch-jobs', error));
  }

  protected override async versions(jobIds: string[]): Promise<Map<string, number>> {
    const rows = await this.jobs.versions(jobIds);
    return new Map(rows.map(({ jobId, version }) => [jobId, version]));
  }
}
