import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuseOtherUser, type Caller } from '../access/caller.js';
import { GenerationLimits } from '../access/generation-limits.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { EventStream } from '../http/event-stream.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { showRateLimit } from '../http/rate-limit.js';
import { refuseFields } from '../http/validate-body.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { Logger } from '../logging/logger.js';
import { Savings } from '../money/savings.js';
import { originOf } from '../tracing/tracing.js';
import { CancellationService } from './cancellation.service.js';
import { replayedSaving } from './generation-savings.js';
import type { GenerationOrder } from './generation-order.js';
import { GenerationService } from './generation.service.js';
import { isFinal } from './job.js';
import { AcceptedJobDto, JobDto, JobListDto, StatusDto } from './job.dto.js';
import { JobEvents } from './job-events.js';
import { readJobId } from './job-id.js';
import { JobQueries } from './job-queries.js';
import { ListJobsQuery } from './list-jobs.dto.js';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly queries: JobQueries,
    private readonly cancellation: CancellationService,
    private readonly generation: GenerationService,
    private readonly limits: GenerationLimits,
    private readonly events: JobEvents,
    private readonly keys: IdempotencyRepository,
    private readonly savings: Savings,
    private readonly logger: Logger,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first' })
  @ApiOkResponse({ type: JobListDto })
  @Requires('read')
  @ApiErrors(400, 503)
  list(@CalledBy() caller: Caller, @Query() query: ListJobsQuery): Promise<JobListDto> {
    return this.queries.list(caller, query);
  }

  @Get(':jobId')
  @ApiOperation({ summary: 'The whole job: input, what was sent, what happened' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: JobDto })
  @Requires('read')
  @ApiErrors(404, 503)
  async find(@CalledBy() caller: Caller, @Param('jobId') jobId: string): Promise<JobDto> {
    return this.queries.describe(await this.queries.find(caller, readJobId(jobId)));
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
  @Requires('generate')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async cancel(
    @CalledBy() caller: Caller,
    @Param('jobId') jobId: string,
    @Req() request: FastifyRequest,
  ): Promise<StatusDto> {
    const wanted = readJobId(jobId);
    refuseFields(request.body);
    const job = await this.queries.find(caller, wanted);
    return this.queries.status(await this.cancellation.request(job.jobId));
  }

  @Post(':jobId/retry')
  @ApiOperation({ summary: 'Make a new job with the same input' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiIdempotencyKey()
  @ApiResponse({ status: 202, type: AcceptedJobDto })
  @Requires('generate')
  @ApiErrors(400, 402, 404, 409, 413, 415, 422, 503)
  async retry(
    @CalledBy() caller: Caller,
    @Param('jobId') jobId: string,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const original = readJobId(jobId);
    refuseFields(reply.request.body);
    const scope = idempotencyScope(caller.owner, `retry ${original}`);
    const key = readIdempotencyKey(headers['idempotency-key'], scope, null);
    const given = key && (await this.keys.find(key));
    if (given) return this.replay(caller, reply, given);
    const order = this.generation.orderAgain(await this.queries.find(caller, original));
    refuseOtherUser(caller, order.userId);
    showRateLimit(reply, await this.limits.take(caller, order.userId, 1));
    const acceptance = await this.generation.accept({ ...order, origin: originOf(reply.request.id), key });
    if (acceptance.jobId === undefined) return this.replay(caller, reply, acceptance.answer);
    this.logAccepted(reply.request.id, acceptance.jobId, order);
    sendStored(reply, acceptance.answer);
  }

  private logAccepted(
    requestId: string,
    jobId: string,
    { userId, plan, retriedFrom }: GenerationOrder,
  ): void {
    const { mediaType, modelId } = plan.model;
    this.logger.info('job-accepted', { requestId, jobId, userId, mediaType, modelId, retriedFrom });
  }

  private replay({ owner }: Caller, reply: FastifyReply, answer: StoredAnswer): void {
    this.savings.note(replayedSaving({ owner, userId: null }, answer));
    sendReplay(reply, answer);
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
  @Requires('read')
  @ApiErrors(404, 503)
  async follow(
    @CalledBy() caller: Caller,
    @Param('jobId') jobId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.queries.find(caller, readJobId(jobId));
    const lastVersion = /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    if (isFinal(job.state) && lastVersion === job.version) return void reply.status(204).send();
    const stream = new EventStream(reply);
    for await (const event of this.events.follow(job, lastVersion, stream.signal)) {
      if (event) stream.send({ event: 'status', id: event.version, data: event.body });
      else stream.heartbeat();
    }
    stream.end();
  }
}
