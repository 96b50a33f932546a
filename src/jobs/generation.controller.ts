import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { refuseOtherUser, type Caller } from '../access/caller.js';
import { GenerationLimits } from '../access/generation-limits.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { USER_ID } from '../access/user-id.js';
import { crashPoint } from '../crash-points.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { sendAnswer } from '../http/answer.js';
import { idempotencyScope, sendReplay, sendStored, toStored } from '../http/idempotent-answer.js';
import { showRateLimit } from '../http/rate-limit.js';
import { readWaitSeconds } from '../http/prefer.js';
import { readIdempotencyKey, type IdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { Logger } from '../logging/logger.js';
import { ModelRegistry } from '../models/registry.js';
import { Savings } from '../money/savings.js';
import { originOf } from '../tracing/tracing.js';
import { GENERATION_EXAMPLES, GenerateMediaDto } from './generate-media.dto.js';
import { readGenerationRequest, type PlannedRequest } from './generate-media.request.js';
import type { GenerationOrder } from './generation-order.js';
import { refusedSaving, replayedSaving } from './generation-savings.js';
import { GenerationService } from './generation.service.js';
import { AcceptedJobDto, EstimateDto, StatusDto } from './job.dto.js';
import { StatusAnswers, type StatusAnswer } from './status-answer.js';

@ApiTags('generation')
@Controller('generate-media')
export class GenerationController {
  constructor(
    private readonly generation: GenerationService,
    private readonly limits: GenerationLimits,
    private readonly keys: IdempotencyRepository,
    private readonly registry: ModelRegistry,
    private readonly answers: StatusAnswers,
    private readonly savings: Savings,
    private readonly logger: Logger,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Generate media: answers as soon as the job is durable' })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=n` (1–60 s) answers 200 when the job ends in time.',
  })
  @ApiBody({ type: GenerateMediaDto, examples: GENERATION_EXAMPLES })
  @ApiResponse({ status: 200, type: StatusDto, description: 'With Prefer: wait, the job has ended' })
  @ApiResponse({
    status: 202,
    type: AcceptedJobDto,
    description: 'Accepted',
    headers: { Location: { description: 'Where its status is.', schema: { type: 'string' } } },
  })
  @ApiIdempotencyKey()
  @Requires('generate')
  @ApiErrors(400, 402, 409, 413, 415, 422, 503)
  async generate(
    @CalledBy() caller: Caller,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const key = readIdempotencyKey(
      headers['idempotency-key'],
      idempotencyScope(caller.owner, 'generate-media'),
      body,
    );
    const given = key && (await this.keys.find(key));
    if (given) return this.replay(caller, body, reply, given);
    const waitSeconds = readWaitSeconds(headers.prefer);
    const origin = originOf(reply.request.id);
    const order = { ...this.read(caller, body), origin, owner: caller.owner, key, waitSeconds };
    refuseOtherUser(caller, order.userId);
    showRateLimit(reply, await this.limits.take(caller, order.userId, 1));
    const { jobId, answer } = await this.generation.accept(order);
    crashPoint('job-stored');
    if (jobId === undefined) return this.replay(caller, body, reply, answer);
    this.logAccepted(reply.request.id, jobId, order);
    const end = waitSeconds === undefined ? undefined : await this.endInTime(jobId, waitSeconds, key, answer);
    if (end) return sendAnswer(reply, end);
    sendStored(reply, answer);
  }

  private read({ owner }: Caller, body: unknown): PlannedRequest {
    try {
      return readGenerationRequest(body, this.registry);
    } catch (error) {
      this.savings.note(refusedSaving({ owner, userId: userIdIn(body) }, error));
      throw error;
    }
  }

  private replay({ owner }: Caller, body: unknown, reply: FastifyReply, answer: StoredAnswer): void {
    this.savings.note(replayedSaving({ owner, userId: userIdIn(body) }, answer));
    sendReplay(reply, answer);
  }

  private logAccepted(requestId: string, jobId: string, { userId, plan }: GenerationOrder): void {
    const { mediaType, modelId } = plan.model;
    this.logger.info('job-accepted', { requestId, jobId, userId, mediaType, modelId });
  }

  /** The job's end as an answer; the job is accepted, so whatever fails while waiting leaves it at the 202. */
  private async endInTime(
    jobId: string,
    seconds: number,
    key: IdempotencyKey | undefined,
    accepted: StoredAnswer,
  ): Promise<StatusAnswer | undefined> {
    try {
      const end = await this.answers.end(jobId, seconds);
      if (key) await this.keys.finish(key, end ? toStored(end) : accepted);
      return end;
    } catch (error) {
      this.logger.error('wait-for-end', error, { jobId });
      return undefined;
    }
  }

  @Post('estimate')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a generation would cost and take; nothing is stored or sent' })
  @ApiBody({ type: GenerateMediaDto, examples: GENERATION_EXAMPLES })
  @ApiOkResponse({ type: EstimateDto })
  @Requires('read', 'generate')
  @ApiErrors(400, 413, 415)
  estimate(@Body() body: unknown): EstimateDto {
    const { plan } = readGenerationRequest(body, this.registry);
    return {
      estimatedCost: Number(plan.estimatedCost),
      estimatedTime: plan.estimatedTimeSeconds,
      currency: 'USD',
      breakdown: plan.breakdown,
      warnings: plan.warnings,
    };
  }
}

/** The user of a body that may be anything. */
function userIdIn(body: unknown): string | null {
  const { userId } = (body ?? {}) as { userId?: unknown };
  return typeof userId === 'string' && USER_ID.test(userId) ? userId : null;
}
