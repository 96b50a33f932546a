import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { USER_ID } from '../access/user-id.js';
import { IsUsd, usdProperty } from '../http/is-usd.js';

/** What a user may spend. */
export class SetBudgetDto {
  @ApiProperty({
    ...usdProperty,
    example: 250,
    description: 'USD a calendar month (UTC), with at most 6 decimals; null lifts the limit.',
  })
  @ValidateIf((_, usd) => usd !== null)
  @IsUsd()
  monthlyLimit!: number | null;
}

/** How a user's month stands. */
export class BudgetDto {
  @ApiProperty({ type: 'string', pattern: USER_ID.source })
  userId!: string;

  @ApiProperty({ type: 'string', example: '2026-11', description: 'The calendar month by UTC.' })
  month!: string;

  @ApiProperty({ type: 'number', nullable: true, description: 'USD; null where nothing limits the user.' })
  monthlyLimit!: number | null;

  @ApiProperty({ type: 'number', description: 'USD that the jobs of this month cost that have ended.' })
  spent!: number;

  @ApiProperty({
    type: 'number',
    description: 'USD set aside, by estimate, for the jobs of this month that have not ended.',
  })
  reserved!: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    description: 'USD that are left: never below 0; null where nothing limits the user.',
  })
  remaining!: number | null;
}
