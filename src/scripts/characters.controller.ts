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
  Res,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotentTransaction } from '../idempotency/idempotent-transaction.js';
import { CharacterDto, CharacterListDto, CreateCharacterDto, PatchCharacterDto } from './character.dto.js';
import { readCharacterChanges, readNewCharacter } from './character.request.js';
import { CharactersService } from './characters.service.js';
import { pageOf, positionOf } from './list-cursor.js';
import { characterBody } from './script-bodies.js';
import { ListByUserQuery } from './script.dto.js';

@ApiTags('characters')
@Controller('api/characters')
export class CharactersController {
  constructor(
    private readonly characters: CharactersService,
    private readonly transaction: IdempotentTransaction,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Describe a character that scenes can name' })
  @ApiIdempotencyKey()
  @ApiBody({ type: CreateCharacterDto })
  @ApiResponse({ status: 201, type: CharacterDto })
  @ApiErrors(400, 409, 413, 415, 422, 503)
  async create(
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(headers, 'characters');
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const { answer, replayed } = await this.transaction.once(key, async (manager) => {
      const character = await this.characters.create(manager, readNewCharacter(body));
      const location = `/api/characters/${character.characterId}`;
      return { status: 201, location, body: JSON.stringify(characterBody(character)) };
    });
    (replayed ? sendReplay : sendStored)(reply, answer);
  }

  @Get()
  @ApiOperation({ summary: 'Characters, newest first' })
  @ApiOkResponse({ type: CharacterListDto })
  @ApiErrors(400, 503)
  async list(@Query() { userId, cursor, limit }: ListByUserQuery): Promise<CharacterListDto> {
    const found = await this.characters.list({ userId, after: positionOf(cursor), limit: limit + 1 });
    const { entries, nextCursor } = pageOf(found, limit, ({ characterId }) => characterId);
    return { items: entries.map(characterBody), nextCursor };
  }

  @Get(':characterId')
  @ApiOperation({ summary: 'One character' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: CharacterDto })
  @ApiErrors(404, 503)
  async find(@Param('characterId') characterId: string): Promise<CharacterDto> {
    return characterBody(await this.characters.find(characterId));
  }

  @Patch(':characterId')
  @ApiOperation({ summary: 'Change a character: takes of the scenes that name it become stale' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: PatchCharacterDto })
  @ApiOkResponse({ type: CharacterDto })
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async change(@Param('characterId') characterId: string, @Body() body: unknown): Promise<CharacterDto> {
    return characterBody(await this.characters.change(characterId, readCharacterChanges(body)));
  }

  @Delete(':characterId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a character that no section names' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 204, description: 'Deleted' })
  @ApiErrors(404, 409, 503)
  remove(@Param('characterId') characterId: string): Promise<void> {
    return this.characters.remove(characterId);
  }
}
