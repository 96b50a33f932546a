import { Controller, Headers, HttpCode, Post, Query, Req, type RawBodyRequest } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Open } from '../access/route-access.decorator.js';
import { Settings } from '../config/settings.js';
import { crashPoint } from '../crash-points.js';
import { AppError } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { readPrediction } from '../models/prediction.js';
import { originOf } from '../tracing/tracing.js';
import { ReceivedDto } from './received.dto.js';
import { verifiedWebhookId, type WebhookHeaders } from './signature.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_ID_LENGTH = 200;

@ApiTags('webhooks')
@Open()
@Controller('webhook')
export class ReplicateWebhookController {
  private readonly secrets: string[];

  constructor(
    private readonly inbox: WebhookInboxRepository,
    settings: Settings,
  ) {
    this.secrets = settings.replicate.webhookSecrets;
  }

  @Post('replicate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Replicate’s webhooks: verified, stored, answered; applied afterwards' })
  @ApiHeader({ name: 'webhook-id', description: 'Or `svix-id`. Deliveries of one id have one effect.' })
  @ApiHeader({
    name: 'webhook-timestamp',
    description: 'Or `svix-timestamp`. Unix seconds, at most 5 minutes off.',
  })
  @ApiHeader({ name: 'webhook-signature', description: 'Or `svix-signature`. One or more `v1,<base64>`.' })
  @ApiQuery({ name: 'job', required: false, schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ schema: { type: 'object', description: 'A prediction.' } })
  @ApiOkResponse({ type: ReceivedDto })
  @ApiErrors(400, 401, 413, 415, 503)
  async receive(
    @Req() request: RawBodyRequest<FastifyRequest>,
    @Headers() headers: WebhookHeaders,
    @Query('job') jobId: unknown,
  ): Promise<ReceivedDto> {
    const webhookId = request.rawBody && verifiedWebhookId(this.secrets, headers, request.rawBody);
    if (!webhookId || webhookId.length > MAX_ID_LENGTH) {
      throw new AppError(
        'unauthorized',
        'The webhook’s signature is missing, wrong or older than five minutes',
      );
    }
    const prediction = readPrediction(request.body);
    if (!prediction) throw new AppError('invalid_parameters', 'The body is not a prediction');
    const delivery = {
      webhookId,
      jobId: typeof jobId === 'string' && UUID.test(jobId) ? jobId : null,
      replicateId: prediction.id,
      body: request.rawBody!.toString(),
    };
    await this.inbox.store(delivery, originOf(request.id));
    crashPoint('webhook-stored');
    return { received: true };
  }
}
