import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import { CalledBy, Requires } from '../../access/route-access.decorator.js';
import { Settings } from '../../config/settings.js';
import { ApiErrors } from '../../http/api-errors.js';
import { ApiIdempotencyKey } from '../../http/api-idempotency-key.js';
import { idempotencyScope, sendReplay, sendStored } from '../../http/idempotent-answer.js';
import { PageQuery } from '../../http/page-query.dto.js';
import { refuseFields } from '../../http/validate-body.js';
import { readIdempotencyKey } from '../../idempotency/idempotency-key.js';
import { IdempotentTransaction } from '../../idempotency/idempotent-transaction.js';
import { pageOf, positionOf } from '../../scripts/list-cursor.js';
import { deliveryBody, endpointBody, secretBody } from './endpoint-bodies.js';
import { DeliveryDto, DeliveryListDto, ListDeliveriesQuery } from './delivery.dto.js';
import {
  CreateEndpointDto,
  EndpointDto,
  EndpointListDto,
  EndpointWithSecretDto,
  PatchEndpointDto,
} from './endpoint.dto.js';
import { readEndpointChanges, readNewEndpoint } from './endpoint.request.js';
import { EndpointsService } from './endpoints.service.js';

const ApiEndpointId = () => ApiParam({ name: 'endpointId', schema: { type: 'string', format: 'uuid' } });

@ApiTags('webhook endpoints')
@Controller('webhook-endpoints')
export class EndpointsController {
  private readonly privateHosts: string[];

  constructor(
    private readonly endpoints: EndpointsService,
    private readonly transaction: IdempotentTransaction,
    { webhookPrivateHosts }: Settings,
  ) {
    this.privateHosts = webhookPrivateHosts;
  }

  @Post()
  @ApiOperation({
    summary: 'Have your own server told when jobs and compilations end',
    description:
      'Signed as Standard Webhooks have it, with the secret that is shown this once. It hears of what its owner made; an admin’s of everything, or of one user’s.',
  })
  @ApiIdempotencyKey()
  @ApiBody({ type: CreateEndpointDto })
  @ApiResponse({ status: 201, type: EndpointWithSecretDto })
  @Requires('generate')
  @ApiErrors(400, 409, 413, 415, 422, 503)
  async create(
    @CalledBy() caller: Caller,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(caller.owner, 'webhook-endpoints');
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const { answer, replayed } = await this.transaction.onceSealed(key, async (manager) => {
      const draft = readNewEndpoint(body, this.privateHosts);
      const made = await this.endpoints.create(manager, caller, draft);
      const location = `/webhook-endpoints/${made.endpoint.endpointId}`;
      return { status: 201, location, body: JSON.stringify(secretBody(made)) };
    });
    (replayed ? sendReplay : sendStored)(reply, answer);
  }

  @Get()
  @ApiOperation({ summary: 'Endpoints without their secrets, newest first' })
  @ApiOkResponse({ type: EndpointListDto })
  @Requires('read')
  @ApiErrors(400, 503)
  async list(@CalledBy() caller: Caller, @Query() { cursor, limit }: PageQuery): Promise<EndpointListDto> {
    const found = await this.endpoints.list(caller, { after: positionOf(cursor), limit: limit + 1 });
    const { entries, nextCursor } = pageOf(found, limit, ({ endpointId }) => endpointId);
    return { items: entries.map(endpointBody), nextCursor };
  }

  @Get(':endpointId')
  @ApiOperation({ summary: 'One endpoint: whether it is enabled, and since when it fails' })
  @ApiEndpointId()
  @ApiOkResponse({ type: EndpointDto })
  @Requires('read')
  @ApiErrors(404, 503)
  async find(@CalledBy() caller: Caller, @Param('endpointId') endpointId: string): Promise<EndpointDto> {
    return endpointBody(await this.endpoints.find(caller, endpointId));
  }

  @Patch(':endpointId')
  @ApiOperation({
    summary: 'Change an endpoint',
    description:
      'While it is disabled it is told of nothing new, and what falls due fails; replay that later.',
  })
  @ApiEndpointId()
  @ApiBody({ type: PatchEndpointDto })
  @ApiOkResponse({ type: EndpointDto })
  @Requires('generate')
  @ApiErrors(400, 404, 413, 415, 503)
  async change(
    @CalledBy() caller: Caller,
    @Param('endpointId') endpointId: string,
    @Body() body: unknown,
  ): Promise<EndpointDto> {
    const changes = readEndpointChanges(body, this.privateHosts);
    return endpointBody(await this.endpoints.change(caller, endpointId, changes));
  }

  @Delete(':endpointId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an endpoint, and let it be told of nothing more' })
  @ApiEndpointId()
  @ApiResponse({ status: 204, description: 'Deleted' })
  @Requires('generate')
  @ApiErrors(404, 503)
  remove(@CalledBy() caller: Caller, @Param('endpointId') endpointId: string): Promise<void> {
    return this.endpoints.remove(caller, endpointId);
  }

  @Post(':endpointId/rotate-secret')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give an endpoint another secret: it is shown in this answer and never again',
    description: 'For 24 hours the one before signs beside it.',
  })
  @ApiEndpointId()
  @ApiOkResponse({ type: EndpointWithSecretDto })
  @Requires('generate')
  @ApiErrors(400, 404, 413, 415, 503)
  async rotate(
    @CalledBy() caller: Caller,
    @Param('endpointId') endpointId: string,
    @Req() request: FastifyRequest,
  ): Promise<EndpointWithSecretDto> {
    refuseFields(request.body);
    return secretBody(await this.endpoints.rotate(caller, endpointId));
  }

  @Post(':endpointId/test')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send an endpoint the event endpoint.test' })
  @ApiEndpointId()
  @ApiResponse({ status: 202, type: DeliveryDto, description: 'To be sent at once' })
  @Requires('generate')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async test(
    @CalledBy() caller: Caller,
    @Param('endpointId') endpointId: string,
    @Req() request: FastifyRequest,
  ): Promise<DeliveryDto> {
    refuseFields(request.body);
    return deliveryBody(await this.endpoints.test(caller, endpointId));
  }

  @Get(':endpointId/deliveries')
  @ApiOperation({
    summary: 'What an endpoint was sent in the last 30 days, newest first, with every attempt',
  })
  @ApiEndpointId()
  @ApiOkResponse({ type: DeliveryListDto })
  @Requires('read')
  @ApiErrors(400, 404, 503)
  async deliveries(
    @CalledBy() caller: Caller,
    @Param('endpointId') endpointId: string,
    @Query() { status, event, cursor, limit }: ListDeliveriesQuery,
  ): Promise<DeliveryListDto> {
    const page = { status, event, after: positionOf(cursor), limit: limit + 1 };
    const found = await this.endpoints.deliveries(caller, endpointId, page);
    const { entries, nextCursor } = pageOf(found, limit, ({ deliveryId }) => deliveryId);
    return { items: entries.map(deliveryBody), nextCursor };
  }

  @Post(':endpointId/deliveries/:deliveryId/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Try a delivery anew, under the same webhook-id' })
  @ApiEndpointId()
  @ApiParam({ name: 'deliveryId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 202, type: DeliveryDto, description: 'To be sent at once' })
  @Requires('generate')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async replay(
    @CalledBy() caller: Caller,
    @Param('endpointId') endpointId: string,
    @Param('deliveryId') deliveryId: string,
    @Req() request: FastifyRequest,
  ): Promise<DeliveryDto> {
    refuseFields(request.body);
    return deliveryBody(await this.endpoints.replay(caller, endpointId, deliveryId));
  }
}
