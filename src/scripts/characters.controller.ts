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
import type { Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
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
  @Requires('generate')
  @ApiErrors(400, 409, 413, 415, 422, 503)
  async create(
    @CalledBy() caller: Caller,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(caller.owner, 'characters');
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const { answer, replayed } = await this.transaction.once(key, async (manager) => {
      const character = await this.characters.create(manager, caller, readNewCharacter(body));
      const location = `/api/characters/${character.characterId}`;
      return { status: 201, location, body: JSON.stringify(characterBody(character)) };
    });
    (replayed ? sendReplay : sendStored)(reply, answer);
  }

  @Get()
  @ApiOperation({ summary: 'Characters, newest first' })
  @ApiOkResponse({ type: CharacterListDto })
  @Requires('read')
  @ApiErrors(400, 503)
  async list(
    @CalledBy() caller: Caller,
    @Query() { userId, cursor, limit }: ListByUserQuery,
  ): Promise<CharacterListDto> {
    const found = await this.characters.list(caller, { userId, after: positionOf(cursor), limit: limit + 1 });
    const { entries, nextCursor } = pageOf(found, limit, ({ characterId }) => characterId);
    return { items: entries.map(characterBody), nextCursor };
  }

  @Get(':characterId')
  @ApiOperation({ summary: 'One character' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: CharacterDto })
  @Requires('read')
  @ApiErrors(404, 503)
  async find(@CalledBy() caller: Caller, @Param('characterId') characterId: string): Promise<CharacterDto> {
    return characterBody(await this.characters.find(caller, characterId));
  }

  @Patch(':characterId')
  @ApiOperation({ summary: 'Change a character: takes of the scenes that name it become stale' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: PatchCharacterDto })
  @ApiOkResponse({ type: CharacterDto })
  @Requires('generate')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async change(
    @CalledBy() caller: Caller,
    @Param('characterId') characterId: string,
    @Body() body: unknown,
  ): Promise<CharacterDto> {
    return characterBody(await this.characters.change(caller, characterId, readCharacterChanges(body)));
  }

  @Delete(':characterId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a character that no section names' })
  @ApiParam({ name: 'characterId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 204, description: 'Deleted' })
  @Requires('generate')
  @ApiErrors(404, 409, 503)
  remove(@CalledBy() caller: Caller, @Param('characterId') characterId: string): Promise<void> {
    return this.characters.remove(caller, characterId);
  }
}
