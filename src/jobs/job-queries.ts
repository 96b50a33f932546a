import { Injectable } from '@nestjs/common';
import { seenOwner, sees, type Caller } from '../access/caller.js';
import { MediaAddresses } from '../storage/media-addresses.js';
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
    private readonly addresses: MediaAddresses,
  ) {}

  /** Of the caller's jobs. */
  async list(caller: Caller, query: ListJobsQuery): Promise<JobListDto> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const found = await this.lists.list(filterOf(query, seenOwner(caller)), after, query.limit + 1);
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    for (const job of page) this.reader.noteShown(job);
    const items = await Promise.all(page.map((job) => this.statusUnpublished(job)));
    return { items, nextCursor: last ? writeCursor(last) : null };
  }

  /** A job that is the caller's; throws `job_not_found`. */
  async find(caller: Caller, jobId: string): Promise<Job> {
    const job = await this.jobs.find(jobId);
    if (!job || !sees(caller, job.owner)) throw jobNotFound(jobId);
    return job;
  }

  /** A job just read, with its input and its history. */
  async describe(job: Job): Promise<JobDto> {
    const transitions = await this.jobs.transitions(job.jobId);
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
    return this.parse(await this.presenter.present(statusSnapshot(job, this.addresses)));
  }

  private parse(body: Buffer | string): StatusBody {
    return JSON.parse(body.toString()) as StatusBody;
  }
}

function filterOf(query: ListJobsQuery, owner: string | undefined): JobFilter {
  const { from, to, userId, status, mediaType, modelId, scriptId } = query;
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(userId === undefined ? {} : { userId }),
    ...(status === undefined ? {} : { status }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(scriptId === undefined ? {} : { scriptId }),
    ...(from === undefined ? {} : { from: new Date(from) }),
    ...(to === undefined ? {} : { to: new Date(to) }),
  };
}
