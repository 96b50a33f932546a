import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AppError, invalidParameters } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { PageQuery } from '../http/page-query.dto.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotentTransaction } from '../idempotency/idempotent-transaction.js';
import { makeKey } from './api-key.js';
import { ApiKeyDto, ApiKeyListDto, CreateApiKeyDto, MadeApiKeyDto } from './api-key.dto.js';
import { readNewApiKey } from './api-key.request.js';
import { ApiKeysRepository, type ApiKey } from './api-keys.repository.js';
import type { Caller } from './caller.js';
import { KeyRing } from './key-ring.js';
import { CalledBy, Requires } from './route-access.decorator.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

@ApiTags('api keys')
@Requires('admin')
@Controller('api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly ring: KeyRing,
    private readonly transaction: IdempotentTransaction,
  ) {}

  @Post()
  @ApiOperation({
    summary:
      'Make a key: it is shown in this answer, and in repetitions of it under the same Idempotency-Key',
  })
  @ApiIdempotencyKey()
  @ApiBody({ type: CreateApiKeyDto })
  @ApiResponse({ status: 201, type: MadeApiKeyDto })
  @ApiErrors(400, 409, 413, 415, 422, 503)
  async create(
    @CalledBy() caller: Caller,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(caller.owner, 'api-keys');
    const idempotencyKey = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const { answer, replayed } = await this.transaction.onceSealed(idempotencyKey, async (manager) => {
      const made = await this.make(manager, readNewApiKey(body));
      return { status: 201, location: `/api-keys/${made.keyId}`, body: JSON.stringify(made) };
    });
    (replayed ? sendReplay : sendStored)(reply, answer);
  }

  private async make(manager: EntityManager, wish: ReturnType<typeof readNewApiKey>): Promise<MadeApiKeyDto> {
    const { key, prefix, hash } = makeKey();
    const made = await this.keys.insert(manager, { keyId: uuidv7(), prefix, secretHash: hash, ...wish });
    return Object.assign(asDto(made), { key });
  }

  @Get()
  @ApiOperation({ summary: 'Keys without their secrets, newest first; revoked ones too' })
  @ApiOkResponse({ type: ApiKeyListDto })
  @ApiErrors(400, 503)
  async list(@Query() { cursor, limit }: PageQuery): Promise<ApiKeyListDto> {
    const found = await this.keys.list(readCursor(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return { items: page.map(asDto), nextCursor: last?.keyId ?? null };
  }

  @Get(':keyId')
  @ApiOperation({ summary: 'One key without its secret' })
  @ApiParam({ name: 'keyId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiErrors(404, 503)
  async find(@Param('keyId') keyId: string): Promise<ApiKeyDto> {
    const found = UUID.test(keyId) ? await this.keys.find(keyId) : undefined;
    if (!found) throw new AppError('not_found', 'There is no such key');
    return asDto(found);
  }

  @Delete(':keyId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key, on every process at once' })
  @ApiParam({ name: 'keyId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 204, description: 'Revoked' })
  @ApiErrors(404, 503)
  async revoke(@Param('keyId') keyId: string): Promise<void> {
    const found = UUID.test(keyId) ? await this.keys.find(keyId) : undefined;
    if (!found) throw new AppError('not_found', 'There is no such key');
    await this.keys.revoke(found.keyId);
    // This process need not wait for its own notice.
    this.ring.drop(found.prefix);
  }
}

function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined || UUID.test(cursor)) return cursor;
  throw invalidParameters([{ path: 'cursor', message: 'cursor must be the nextCursor of an earlier page' }]);
}

function asDto(key: ApiKey): ApiKeyDto {
  const { keyId, name, prefix, scopes, userId, rateLimitPerHour, monthlyBudget } = key;
  return {
    ...{ keyId, name, prefix, scopes, userId, rateLimitPerHour },
    monthlyBudget: monthlyBudget === null ? null : Number(monthlyBudget),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    createdAt: key.createdAt.toISOString(),
  };
}
