import { Injectable } from '@nestjs/common';
import { MediaStore } from '../storage/media.store.js';
import { jobNotFound } from './cancellation.service.js';
import type { Job } from './job.js';
import type { JobDto, JobListDto } from './job.dto.js';
import { readCursor, writeCursor } from './job-cursor.js';
import { timeline } from './job-history.js';
import { JobListRepository, type JobFilter } from './job-list.repository.js';
import type { StatusBody } from './job-status.js';
import { JobStatusReader } from './job-status-reader.js';
import { JobsRepository } from './jobs.repository.js';
import type { ListJobsQuery } from './list-jobs.dto.js';
import { StatusPresenter } from './status-presenter.js';
import { statusSnapshot } from './status-snapshot.js';

/** Answers questions about jobs from PostgreSQL. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lists: JobListRepository,
    private readonly reader: JobStatusReader,
    private readonly presenter: StatusPresenter,
    private readonly media: MediaStore,
  ) {}

  async list(query: ListJobsQuery): Promise<JobListDto> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const found = await this.lists.list(filterOf(query), after, query.limit + 1);
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    for (const job of page) this.reader.noteShown(job);
    const items = await Promise.all(page.map((job) => this.statusUnpublished(job)));
    return { items, nextCursor: last ? writeCursor(last) : null };
  }

  /** The job with its input and its history; throws `job_not_found`. */
  async describe(jobId: string): Promise<JobDto> {
    const job = await this.jobs.find(jobId);
    if (!job) throw jobNotFound(jobId);
    const transitions = await this.jobs.transitions(jobId);
    return {
      ...(await this.status(job)),
      parameters: job.parameters,
      providerInput: job.providerInput,
      providerModel: job.providerModel,
      warnings: job.warnings,
      attempts: job.attempt,
      ...(job.retriedFrom === null ? {} : { retriedFrom: job.retriedFrom }),
      ...(job.scriptId === null ? {} : { scriptId: job.scriptId }),
      timeline: timeline(job, transitions),
    };
  }

  /** The status body of a job just read, which no layer shows less of afterwards. */
  async status(job: Job): Promise<StatusBody> {
    return this.parse(await this.presenter.present(await this.reader.publish(job)));
  }

  private async statusUnpublished(job: Job): Promise<StatusBody> {
    return this.parse(await this.presenter.present(statusSnapshot(job, this.media)));
  }

  private parse(body: Buffer | string): StatusBody {
    return JSON.parse(body.toString()) as StatusBody;
  }
}

function filterOf({ from, to, userId, status, mediaType, modelId, scriptId }: ListJobsQuery): JobFilter {
  return {
    ...(userId === undefined ? {} : { userId }),
    ...(status === undefined ? {} : { status }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(scriptId === undefined ? {} : { scriptId }),
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { to: new Date(to) }),
  };
}
