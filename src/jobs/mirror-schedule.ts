import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { JobMirroring } from './job-mirroring.js';
import { MirrorBacklogRepository } from './mirror-backlog.repository.js';

const INTERVAL_MS = 50;
const BATCH = 16;
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

  /** Mirrors one batch; fails, so that a pause follows, when none of it was taken. */
  async run(): Promise<boolean> {
    const { era } = this.mirroring;
    const jobs = await this.backlog.take(BATCH);
    if (jobs.length === 0) return false;
    const writes = await Promise.allSettled(jobs.map((job) => this.mirroring.mirror(job, era)));
    const [taken, refused] = (['fulfilled', 'rejected'] as const).map((status) =>
      jobs.filter((_job, index) => writes[index]!.status === status),
    );
    await this.backlog.remove(taken!);
    const failure = writes.find((write) => write.status === 'rejected');
    if (!failure) return jobs.length === BATCH;
    await this.backlog.postpone(refused!, RETRY_SECONDS);
    // Those that were refused are not due for a second: the others must not wait behind them.
    if (taken!.length > 0 || jobs.length === BATCH) return true;
    throw new Error('The mirrors do not take statuses', { cause: failure.reason });
  }
}
