import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/api-errors.js';
import { sendAnswer } from '../http/answer.js';
import { waitSeconds } from '../http/prefer.js';
import { ModelRegistry } from '../models/registry.js';
import { acceptedBody } from './accepted-body.js';
import { GenerateMediaDto } from './generate-media.dto.js';
import { readGenerationRequest } from './generate-media.request.js';
import { GenerationService } from './generation.service.js';
import { AcceptedJobDto, EstimateDto, StatusDto } from './job.dto.js';
import { StatusAnswers } from './status-answer.js';

@ApiTags('generation')
@Controller('generate-media')
export class GenerationController {
  constructor(
    private readonly generation: GenerationService,
    private readonly registry: ModelRegistry,
    private readonly answers: StatusAnswers,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Generate media: answers as soon as the job is durable' })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=n` (1–60 s) answers 200 when the job ends in time.',
  })
  @ApiBody({ type: GenerateMediaDto })
  @ApiResponse({ status: 200, type: StatusDto, description: 'With Prefer: wait, the job has ended' })
  @ApiResponse({
    status: 202,
    type: AcceptedJobDto,
    description: 'Accepted; Location tells where its status is',
  })
  @ApiErrors(400, 413, 415, 503)
  async generate(
    @Body() body: unknown,
    @Headers('prefer') prefer: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { userId, plan } = readGenerationRequest(body, this.registry);
    const accepted = await this.generation.accept(userId, plan);
    const seconds = waitSeconds(prefer);
    const end = seconds === undefined ? undefined : await this.answers.end(accepted.jobId, seconds);
    if (end) return sendAnswer(reply, end);
    void reply.status(202).header('location', `/status/${accepted.jobId}`).send(acceptedBody(accepted));
  }

  @Post('estimate')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a generation would cost and take; nothing is stored or sent' })
  @ApiBody({ type: GenerateMediaDto })
  @ApiOkResponse({ type: EstimateDto })
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
