import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { AppError, invalidParameters } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { PageQuery } from '../http/page-query.dto.js';
import { makeKey } from './api-key.js';
import { ApiKeyDto, ApiKeyListDto, CreateApiKeyDto, MadeApiKeyDto } from './api-key.dto.js';
import { readNewApiKey } from './api-key.request.js';
import { ApiKeysRepository, type ApiKey } from './api-keys.repository.js';
import { KeyRing } from './key-ring.js';
import { Requires } from './route-access.decorator.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

@ApiTags('api keys')
@Requires('admin')
@Controller('api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly ring: KeyRing,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Make a key: it is shown in this answer and never again',
    description:
      'No Idempotency-Key: a repetition would have to keep the secret. Delete a key made in excess.',
  })
  @ApiBody({ type: CreateApiKeyDto })
  @ApiResponse({ status: 201, type: MadeApiKeyDto })
  @ApiErrors(400, 413, 415, 503)
  async create(@Body() body: unknown): Promise<MadeApiKeyDto> {
    const wish = readNewApiKey(body);
    const { key, prefix, hash } = makeKey();
    const made = await this.keys.insert({ keyId: uuidv7(), prefix, secretHash: hash, ...wish });
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
