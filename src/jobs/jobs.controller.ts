import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { EventStream } from '../http/event-stream.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { refuseFields } from '../http/validate-body.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository } from '../idempotency/idempotency.repository.js';
import { CancellationService, jobNotFound } from './cancellation.service.js';
import { GenerationService } from './generation.service.js';
import { isFinal } from './job.js';
import { AcceptedJobDto, JobDto, JobListDto, StatusDto } from './job.dto.js';
import { JobEvents } from './job-events.js';
import { readJobId } from './job-id.js';
import { JobQueries } from './job-queries.js';
import { JobsRepository } from './jobs.repository.js';
import { ListJobsQuery } from './list-jobs.dto.js';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly queries: JobQueries,
    private readonly cancellation: CancellationService,
    private readonly generation: GenerationService,
    private readonly events: JobEvents,
    private readonly keys: IdempotencyRepository,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first' })
  @ApiOkResponse({ type: JobListDto })
  @ApiErrors(400, 503)
  list(@Query() query: ListJobsQuery): Promise<JobListDto> {
    return this.queries.list(query);
  }

  @Get(':jobId')
  @ApiOperation({ summary: 'The whole job: input, what was sent, what happened' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: JobDto })
  @ApiErrors(404, 503)
  find(@Param('jobId') jobId: string): Promise<JobDto> {
    return this.queries.describe(readJobId(jobId));
  }

  @Post(':jobId/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel a job, at the provider too' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({
    status: 202,
    type: StatusDto,
    description:
      'The job as it stands; a running one ends when the provider stops, one whose output is being stored completes',
  })
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async cancel(@Param('jobId') jobId: string, @Req() request: FastifyRequest): Promise<StatusDto> {
    const wanted = readJobId(jobId);
    refuseFields(request.body);
    return this.queries.status(await this.cancellation.request(wanted));
  }

  @Post(':jobId/retry')
  @ApiOperation({ summary: 'Make a new job with the same input' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiIdempotencyKey()
  @ApiResponse({ status: 202, type: AcceptedJobDto })
  @ApiErrors(400, 404, 409, 413, 415, 422, 503)
  async retry(
    @Param('jobId') jobId: string,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const original = readJobId(jobId);
    refuseFields(reply.request.body);
    const scope = idempotencyScope(headers, `retry ${original}`);
    const key = readIdempotencyKey(headers['idempotency-key'], scope, null);
    const given = key && (await this.keys.find(key));
    if (given) return sendReplay(reply, given);
    const acceptance = await this.generation.accept({ ...(await this.generation.orderAgain(original)), key });
    const send = acceptance.jobId === undefined ? sendReplay : sendStored;
    send(reply, acceptance.answer);
  }

  @Get(':jobId/events')
  @ApiOperation({ summary: 'Server-sent events: the status now and each later one, until the job has ended' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Sends each status missed since that event.',
  })
  @ApiOkResponse({
    description: '`event: status`, `data:` the status body, `id:` its version; a comment every 15 s',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiResponse({
    status: 204,
    description: 'The job has ended and the client has its last event: do not come back',
  })
  @ApiErrors(404, 503)
  async follow(
    @Param('jobId') jobId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.jobs.find(readJobId(jobId));
    if (!job) throw jobNotFound(jobId);
    const lastVersion = /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    if (isFinal(job.state) && lastVersion === job.version) return void reply.status(204).send();
    const stream = new EventStream(request, reply);
    for await (const event of this.events.follow(job, lastVersion, stream.signal)) {
      if (event) stream.send({ event: 'status', id: event.version, data: event.body });
      else stream.heartbeat();
    }
    stream.end();
  }
}
