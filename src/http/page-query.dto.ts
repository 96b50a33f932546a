import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

const LIMIT_RULE = { message: 'limit must be a whole number from 1 to 100' };

/** The page of a list that is asked for; every list's query extends it. */
export class PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 20,
    description: 'Most items to return.',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => decimal(value))
  @IsInt(LIMIT_RULE)
  @Min(1, LIMIT_RULE)
  @Max(100, LIMIT_RULE)
  limit: number = 20;

  @ApiPropertyOptional({
    type: 'string',
    format: 'cursor',
    description: '`nextCursor` of the page before; other text is refused.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  cursor?: string;
}

/** The number that a query's text stands for; text in any other notation (`0x10`, `1e1`, blanks) stays as it is. */
function decimal(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
