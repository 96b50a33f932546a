import { Body, Controller, Headers, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { showRateLimit } from '../http/rate-limit.js';
import { refuseFields } from '../http/validate-body.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotentTransaction } from '../idempotency/idempotent-transaction.js';
import { replayedSaving } from '../jobs/generation-savings.js';
import { Logger } from '../logging/logger.js';
import { Savings } from '../money/savings.js';
import { originOf } from '../tracing/tracing.js';
import {
  EstimateScriptsDto,
  GeneratedScriptDto,
  GenerateScriptDto,
  ScriptEstimateDto,
  SeriesEstimateDto,
} from './generate-script.dto.js';
import { readBatchWish, readScriptIds } from './generate-script.request.js';
import { readId } from './path-id.js';
import { generatedBody } from './script-bodies.js';
import { ScriptGenerationService, type GeneratedScript } from './script-generation.service.js';

@ApiTags('scripts')
@Controller('api/scripts')
export class ScriptGenerationController {
  constructor(
    private readonly generation: ScriptGenerationService,
    private readonly transaction: IdempotentTransaction,
    private readonly savings: Savings,
    private readonly logger: Logger,
  ) {}

  @Post('estimate')
  @HttpCode(200)
  @ApiOperation({ summary: 'What several scripts would cost and take; nothing is stored or sent' })
  @ApiBody({ type: EstimateScriptsDto })
  @ApiOkResponse({ type: SeriesEstimateDto })
  @Requires('read', 'generate')
  @ApiErrors(400, 404, 413, 415, 503)
  estimateSeries(@CalledBy() caller: Caller, @Body() body: unknown): Promise<SeriesEstimateDto> {
    return this.generation.estimateSeries(caller, readScriptIds(body));
  }

  @Post(':scriptId/estimate')
  @HttpCode(200)
  @ApiOperation({ summary: 'What one take of each scene would cost and take; nothing is stored or sent' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: ScriptEstimateDto })
  @Requires('read', 'generate')
  @ApiErrors(400, 404, 413, 415, 503)
  async estimate(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Req() request: FastifyRequest,
  ): Promise<ScriptEstimateDto> {
    refuseFields(request.body);
    return this.generation.estimate(caller, scriptId);
  }

  @Post(':scriptId/generate')
  @ApiOperation({
    summary: 'Make the takes that are missing: scenes that have not changed are reused at no cost',
  })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiIdempotencyKey()
  @ApiBody({
    type: GenerateScriptDto,
    required: false,
    examples: { all: { value: {} }, more: { value: { takes: 2 } } },
  })
  @ApiResponse({ status: 202, type: GeneratedScriptDto })
  @Requires('generate')
  @ApiErrors(400, 402, 404, 409, 413, 415, 422, 503)
  async generate(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { body } = reply.request;
    const scope = idempotencyScope(caller.owner, `generate ${readId(scriptId, 'script')}`);
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const accepted: GeneratedScript[] = [];
    const { answer, replayed } = await this.transaction.once(key, async (manager) => {
      const generated = await this.generation.generate(manager, caller, scriptId, {
        ...readBatchWish(body),
        origin: originOf(reply.request.id),
      });
      accepted.push(generated);
      const location = `/api/scripts/${generated.script.scriptId}/videos`;
      return { status: 202, location, body: JSON.stringify(generatedBody(generated)) };
    });
    const { owner } = caller;
    if (replayed) {
      this.savings.note(replayedSaving({ owner, userId: null }, answer));
      return sendReplay(reply, answer);
    }
    for (const generated of accepted) {
      const { script, reusedCost } = generated;
      this.savings.note({ owner, userId: script.userId, reason: 'reused', amount: reusedCost });
      showRateLimit(reply, generated.rateLimit);
      this.logAccepted(reply.request.id, generated);
    }
    sendStored(reply, answer);
  }

  private logAccepted(requestId: string, { script: { userId, scriptId }, made }: GeneratedScript): void {
    for (const { job } of made) {
      const { jobId, mediaType, modelId } = job;
      this.logger.info('job-accepted', { requestId, jobId, userId, scriptId, mediaType, modelId });
    }
  }
}
