import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { IsText, NOT_BLANK } from '../http/is-text.js';
import { IsTime } from '../http/is-time.js';
import { IsUsd, usdProperty } from '../http/is-usd.js';
import { SCOPES, type Scope } from './caller.js';
import { USER_ID, USER_ID_RULE } from './user-id.js';

const MOST_PER_HOUR = 1_000_000;

const SCOPES_RULE = { message: `scopes must be a list of one or more of ${SCOPES.join(', ')}, each once` };
const RATE_RULE = { message: `rateLimitPerHour must be a whole number from 1 to ${MOST_PER_HOUR}` };

const scopesProperty = {
  type: 'array',
  items: { type: 'string', enum: [...SCOPES] as string[] },
  minItems: 1,
} satisfies ApiPropertyOptions;
const rateProperty = { type: 'integer', minimum: 1, maximum: MOST_PER_HOUR, nullable: true } as const;

/** A key to be made. */
export class CreateApiKeyDto {
  @ApiProperty({
    type: 'string',
    minLength: 1,
    maxLength: 100,
    pattern: NOT_BLANK,
    example: 'studio backend',
  })
  @IsText(1, 100)
  name!: string;

  @ApiProperty({ ...scopesProperty, uniqueItems: true, example: ['generate', 'read'] })
  @IsArray(SCOPES_RULE)
  @ArrayNotEmpty(SCOPES_RULE)
  @ArrayUnique(SCOPES_RULE)
  @IsIn(SCOPES, { ...SCOPES_RULE, each: true })
  scopes!: Scope[];

  @ApiPropertyOptional({
    type: 'string',
    pattern: USER_ID.source,
    nullable: true,
    description: 'The only user that the key may act for; any when absent.',
  })
  @IsOptional()
  @IsString({ message: 'userId must be text' })
  @Matches(USER_ID, USER_ID_RULE)
  userId?: string | null;

  @ApiPropertyOptional({
    ...rateProperty,
    description: 'Generations an hour by this key, instead of the limit of its users.',
  })
  @IsOptional()
  @IsInt(RATE_RULE)
  @Min(1, RATE_RULE)
  @Max(MOST_PER_HOUR, RATE_RULE)
  rateLimitPerHour?: number | null;

  @ApiPropertyOptional({
    ...usdProperty,
    description: 'USD a calendar month (UTC) for the jobs of this key, with at most 6 decimals.',
  })
  @IsOptional()
  @IsUsd()
  monthlyBudget?: number | null;

  @ApiPropertyOptional({
    type: 'string',
    format: 'time-to-come',
    nullable: true,
    description: 'When it ends: a day or a time with its zone, still to come; never when absent.',
  })
  @IsOptional()
  @IsTime()
  expiresAt?: string | null;
}

/** A key without its secret. */
export class ApiKeyDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  keyId!: string;

  @ApiProperty({ type: 'string' })
  name!: string;

  @ApiProperty({ type: 'string', description: 'By which the key is told: it begins with `vsl_{prefix}_`.' })
  prefix!: string;

  @ApiProperty(scopesProperty)
  scopes!: Scope[];

  @ApiProperty({ type: 'string', nullable: true })
  userId!: string | null;

  @ApiProperty(rateProperty)
  rateLimitPerHour!: number | null;

  @ApiProperty({ type: 'number', nullable: true })
  monthlyBudget!: number | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  expiresAt!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'To the minute.' })
  lastUsedAt!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  revokedAt!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;
}

export class MadeApiKeyDto extends ApiKeyDto {
  @ApiProperty({ type: 'string', description: 'To be sent as X-API-Key. It is shown this once.' })
  key!: string;
}

export class ApiKeyListDto {
  @ApiProperty({ type: [ApiKeyDto] })
  items!: ApiKeyDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
