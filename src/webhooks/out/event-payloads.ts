import { Injectable } from '@nestjs/common';
import { CompilationBodies } from '../../compilation/compilation-body.js';
import { CompilationsRepository } from '../../compilation/compilations.repository.js';
import { JobQueries } from '../../jobs/job-queries.js';
import { JobsRepository } from '../../jobs/jobs.repository.js';
import type { TakenDelivery } from './delivery.js';
import { TEST_EVENT } from './event.js';

/** Writes what an endpoint is sent: `{type, timestamp, data}`, in JSON. */
@Injectable()
export class EventPayloads {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly queries: JobQueries,
    private readonly compilations: CompilationsRepository,
    private readonly bodies: CompilationBodies,
  ) {}

  /**
   * What happened can change no more, so each attempt tells the same; signed URLs alone are made anew. Undefined when
   * what it tells of is no more.
   */
  async of(delivery: TakenDelivery): Promise<string | undefined> {
    const { event, occurredAt } = delivery;
    const data = await this.dataOf(delivery);
    return data && JSON.stringify({ type: event, timestamp: occurredAt.toISOString(), data });
  }

  private async dataOf({ event, subjectId, endpointId }: TakenDelivery): Promise<object | undefined> {
    if (event === TEST_EVENT) return { endpointId };
    if (subjectId === null) return undefined;
    return event.startsWith('job.') ? this.job(subjectId) : this.compilation(subjectId);
  }

  /** Whoever is told that a job has ended is then shown no earlier status of it. */
  private async job(jobId: string): Promise<object | undefined> {
    const job = await this.jobs.find(jobId);
    return job && this.queries.status(job);
  }

  private async compilation(compilationId: string): Promise<object | undefined> {
    const compilation = await this.compilations.find(compilationId);
    return compilation && (await this.bodies.of(compilation)).data;
  }
}
