import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One fault of a request. */
export class IssueDto {
  @ApiProperty({
    type: 'string',
    example: 'parameters.fps',
    description: 'Where it stands; empty for the whole body.',
  })
  path!: string;

  @ApiProperty({ type: 'string', description: 'What is wrong and how to mend it.' })
  message!: string;
}

/** The body of every error answer. */
export class ErrorDto {
  @ApiProperty({ type: 'string', example: 'Invalid parameters' })
  error!: string;

  @ApiProperty({ type: 'string', description: 'What is wrong and how to mend it.' })
  details!: string;

  @ApiProperty({ type: 'string', example: 'invalid_parameters', description: 'Stable.' })
  code!: string;

  @ApiProperty({ type: 'string' })
  requestId!: string;

  @ApiPropertyOptional({ type: [IssueDto], description: 'Each fault, when there are several.' })
  issues?: IssueDto[];

  @ApiPropertyOptional({ type: 'number', description: 'Seconds; also in Retry-After.' })
  retryAfter?: number;
}
