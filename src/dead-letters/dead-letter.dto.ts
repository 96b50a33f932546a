import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../http/page-query.dto.js';
import { MESSAGE_NAMES, type MessageName } from '../queue/messages.js';

export class ListDeadLettersQuery extends PageQuery {
  @ApiPropertyOptional({ enum: MESSAGE_NAMES })
  @IsOptional()
  @IsIn(MESSAGE_NAMES, { message: `name must be one of ${MESSAGE_NAMES.join(', ')}` })
  name?: MessageName;
}

/** A message that the service gave up. */
export class DeadLetterDto {
  @ApiProperty({ type: 'string', example: '17' })
  id!: string;

  @ApiProperty({ enum: MESSAGE_NAMES })
  name!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { jobId: '…' } })
  payload!: Record<string, unknown>;

  @ApiProperty({ type: 'string', description: 'What the last try failed with.' })
  reason!: string;

  @ApiProperty({ type: 'integer', description: 'Tries before it was given up.' })
  attempts!: number;

  @ApiProperty({ type: 'string', format: 'date-time' })
  givenUpAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'When it was sent anew.' })
  replayedAt!: string | null;
}

export class DeadLetterListDto {
  @ApiProperty({ type: [DeadLetterDto] })
  items!: DeadLetterDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
