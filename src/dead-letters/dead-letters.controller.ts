import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../access/route-access.decorator.js';
import { AppError, invalidParameters } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { refuseFields } from '../http/validate-body.js';
import { DeadLetterDto, DeadLetterListDto, ListDeadLettersQuery } from './dead-letter.dto.js';
import { DeadLettersRepository, type DeadLetter } from './dead-letters.repository.js';

/** What `dead_letter_id` may be: below 10^18, so that it fits PostgreSQL's bigint. */
const ID = /^[1-9]\d{0,17}$/;

@ApiTags('dead letters')
@Requires('admin')
@Controller('dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersRepository) {}

  @Get()
  @ApiOperation({ summary: 'Messages that were given up, newest first' })
  @ApiOkResponse({ type: DeadLetterListDto })
  @ApiErrors(400, 503)
  async list(@Query() { name, cursor, limit }: ListDeadLettersQuery): Promise<DeadLetterListDto> {
    const found = await this.letters.list(name, readCursor(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return { items: page.map(asDto), nextCursor: last?.id ?? null };
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a message that was given up anew' })
  @ApiParam({ name: 'id', schema: { type: 'string' } })
  @ApiResponse({
    status: 202,
    type: DeadLetterDto,
    description: 'Sent; given up again, it is a new dead letter',
  })
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async replay(@Param('id') id: string, @Req() request: FastifyRequest): Promise<DeadLetterDto> {
    const letter = ID.test(id) ? await this.letters.find(id) : undefined;
    if (!letter) throw new AppError('not_found', 'There is no such dead letter');
    refuseFields(request.body);
    const replayed = await this.letters.replay(letter);
    if (!replayed) throw new AppError('conflict', 'The message was sent anew before');
    return asDto(replayed);
  }
}

function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined || ID.test(cursor)) return cursor;
  throw invalidParameters([{ path: 'cursor', message: 'cursor must be the nextCursor of an earlier page' }]);
}

function asDto({ givenUpAt, replayedAt, ...letter }: DeadLetter): DeadLetterDto {
  return {
    ...letter,
    givenUpAt: givenUpAt.toISOString(),
    replayedAt: replayedAt?.toISOString() ?? null,
  };
}
