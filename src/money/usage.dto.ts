import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsTime } from '../http/is-time.js';
import { SAVING_REASONS, type SavingReason } from './saving.js';

export const USAGE_GROUPS = ['day', 'model', 'user', 'script', 'key'] as const;

/** By what usage is added up. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const dayOrTime: { type: 'string'; anyOf: object[] } = {
  type: 'string',
  anyOf: [{ format: 'date' }, { format: 'date-time' }],
};

export class UsageQuery {
  @ApiPropertyOptional({
    ...dayOrTime,
    description:
      'Jobs created on that day (UTC) or later; by default from the first of the month of the last day.',
  })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({
    ...dayOrTime,
    description: 'Jobs created on that day (UTC) or earlier, the whole of it; by default up to today.',
  })
  @IsOptional()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ enum: USAGE_GROUPS, default: 'day' })
  @IsOptional()
  @IsIn(USAGE_GROUPS, { message: `groupBy must be one of ${USAGE_GROUPS.join(', ')}` })
  groupBy: UsageGroup = 'day';
}

/** What jobs used, all together. */
export class UsageSumDto {
  @ApiProperty({ type: 'integer', description: 'Jobs created, those that have not ended among them.' })
  jobs!: number;

  @ApiProperty({ type: 'integer' })
  completed!: number;

  @ApiProperty({ type: 'integer', description: 'Canceled jobs are not among them.' })
  failed!: number;

  @ApiProperty({ type: 'number', description: 'USD, of all the jobs.' })
  estimatedCost!: number;

  @ApiProperty({ type: 'number', description: 'USD, of the jobs that have ended.' })
  actualCost!: number;

  @ApiProperty({ type: 'number', description: 'That the outputs of completed jobs play.' })
  seconds!: number;
}

export class UsageItemDto extends UsageSumDto {
  @ApiProperty({
    type: 'string',
    nullable: true,
    description:
      'The day, model, user, script or key; `user:{subject}` for a token, null for no script, or for the bootstrap key.',
  })
  group!: string | null;
}

/** What one kind of guard has saved. */
export class SavingDto {
  @ApiProperty({ enum: SAVING_REASONS })
  reason!: SavingReason;

  @ApiProperty({ type: 'integer' })
  requests!: number;

  @ApiProperty({ type: 'number', description: 'USD, by the list price.' })
  amount!: number;
}

/** What was not spent for nothing. */
export class SavedDto {
  @ApiProperty({ type: 'integer' })
  requests!: number;

  @ApiProperty({ type: 'number', description: 'USD, by the list price.' })
  amount!: number;

  @ApiProperty({
    type: [SavingDto],
    description:
      '`refused`: the provider would have billed it and ignored part of it; `replayed`: sent again under its Idempotency-Key; `reused`: scenes that had not changed.',
  })
  reasons!: SavingDto[];
}

export class UsageDto {
  @ApiProperty({ type: 'string', format: 'date', description: 'The first day.' })
  from!: string;

  @ApiProperty({ type: 'string', format: 'date', description: 'The last day.' })
  to!: string;

  @ApiProperty({
    type: [UsageItemDto],
    description:
      'Days in their order, other groups by their cost, the greatest first; at most 10,000, while `total` counts all.',
  })
  items!: UsageItemDto[];

  @ApiProperty({ type: UsageSumDto })
  total!: UsageSumDto;

  @ApiProperty({ type: SavedDto })
  saved!: SavedDto;
}
