import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { JobMirroring } from './job-mirroring.js';
import { MirrorBacklogRepository } from './mirror-backlog.repository.js';

const INTERVAL_MS = 50;
const BATCH = 50;
const RETRY_SECONDS = 1;

/**
 * Brings mirrors that are behind up to PostgreSQL's version of each job. What they do not take stays in the backlog,
 * so that they catch up within seconds of their return, however long they, or the queue, were away.
 */
@Injectable()
export class MirrorSchedule extends ScheduledTask {
  constructor(
    private readonly backlog: MirrorBacklogRepository,
    private readonly mirroring: JobMirroring,
    logger: Logger,
  ) {
    super('mirror-schedule', INTERVAL_MS, logger);
  }

  /** Mirrors one batch; fails, so that a pause follows, when any of it was not taken. */
  async run(): Promise<boolean> {
    const jobs = await this.backlog.take(BATCH);
    if (jobs.length === 0) return false;
    const writes = await Promise.allSettled(jobs.map((job) => this.mirroring.mirror(job)));
    const taken = (index: number) => writes[index]!.status === 'fulfilled';
    await this.backlog.remove(jobs.filter((_job, index) => taken(index)));
    const failure = writes.find((write) => write.status === 'rejected');
    if (!failure) return jobs.length === BATCH;
    await this.backlog.postpone(
      jobs.filter((_job, index) => !taken(index)),
      RETRY_SECONDS,
    );
    throw new Error('A mirror did not take the status', { cause: failure.reason });
  }
}
