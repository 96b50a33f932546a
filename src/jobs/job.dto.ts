import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JOB_STATUSES, type JobStatus } from './job.js';

const anyObject = { type: 'object', additionalProperties: true } as const;

/** A job that has been accepted; durable from this answer on. */
export class AcceptedJobDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  jobId!: string;

  @ApiProperty({ enum: ['pending'] })
  status!: string;

  @ApiProperty({ type: 'number', description: 'Seconds until the result, roughly.' })
  estimatedTime!: number;

  @ApiProperty({ type: 'number', description: 'US dollars by the list price.' })
  estimatedCost!: number;

  @ApiProperty({ type: 'string', nullable: true, description: 'The prediction’s id; null until submitted.' })
  replicateId!: string | null;

  @ApiProperty({ type: 'string' })
  message!: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'What may surprise: money, ignored settings, real sizes.',
  })
  warnings?: string[];

  @ApiPropertyOptional({ type: 'string', format: 'uuid', description: 'The job this one repeats.' })
  retriedFrom?: string;
}

export class PriceBreakdownDto {
  @ApiProperty({ enum: ['output', 'generation', 'second', 'hardwareSecond'] })
  unit!: string;

  @ApiProperty({ type: 'number', description: 'US dollars a unit.' })
  unitPrice!: number;

  @ApiProperty({ type: 'number' })
  quantity!: number;

  @ApiPropertyOptional({ ...anyObject, description: 'The parameters that decide the unit price.' })
  by?: Record<string, unknown>;
}

/** What a generation would cost and take; nothing has happened. */
export class EstimateDto {
  @ApiProperty({ type: 'number', description: 'US dollars by the list price.', example: 0.96 })
  estimatedCost!: number;

  @ApiProperty({ type: 'number', description: 'Seconds until the result, roughly.' })
  estimatedTime!: number;

  @ApiProperty({ enum: ['USD'] })
  currency!: string;

  @ApiProperty({ type: PriceBreakdownDto })
  breakdown!: PriceBreakdownDto;

  @ApiProperty({ type: [String] })
  warnings!: string[];
}

/** One stored file. */
export class OutputDto {
  @ApiProperty({ type: 'string', format: 'uri' })
  originalUrl!: string;

  @ApiProperty({ type: 'string', example: 's3://media/image/producer-1/2026/01/31/…/original.webp' })
  s3Path!: string;

  @ApiProperty({ type: 'integer', description: 'Bytes.' })
  fileSize!: number;

  @ApiProperty({ type: 'string', example: 'image/webp' })
  contentType!: string;

  @ApiProperty({ type: 'string', pattern: '^[0-9a-f]{64}$' })
  sha256!: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Pixels.' })
  width?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Pixels.' })
  height?: number;

  @ApiPropertyOptional({ type: 'number', description: 'Seconds.' })
  duration?: number;

  @ApiPropertyOptional({ type: 'string', format: 'uri' })
  thumbnailUrl?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uri' })
  previewUrl?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uri' })
  waveformUrl?: string;

  @ApiProperty({ type: 'string', format: 'uri' })
  metadataUrl!: string;
}

/** What a completed job made: its first file, and all of them when the model made several. */
export class ResultDto extends OutputDto {
  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description:
      'When the files move to an archive that still answers at once, but charges for reading; absent where there is none.',
  })
  archivesAt?: string;

  @ApiPropertyOptional({ type: [OutputDto] })
  outputs?: OutputDto[];
}

export class JobErrorDto {
  @ApiProperty({ type: 'string', example: 'content_refused' })
  code!: string;

  @ApiProperty({ type: 'string' })
  message!: string;

  @ApiProperty({ type: 'boolean', description: 'Whether the same request may succeed another time.' })
  retryable!: boolean;
}

/** Where a job stands. */
export class StatusDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  jobId!: string;

  @ApiProperty({ enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty({ enum: ['image', 'video', 'audio'] })
  mediaType!: string;

  @ApiProperty({ type: 'string' })
  modelId!: string;

  @ApiProperty({ type: 'string' })
  userId!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The prediction’s id; null until submitted.' })
  replicateId!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updatedAt!: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time' })
  completedAt?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Milliseconds from acceptance to the end.' })
  processingTime?: number;

  @ApiProperty({ type: 'number', description: 'US dollars.' })
  estimatedCost!: number;

  @ApiPropertyOptional({ type: 'number', description: 'US dollars.' })
  actualCost?: number;

  @ApiPropertyOptional({ type: ResultDto })
  result?: ResultDto;

  @ApiPropertyOptional({ type: JobErrorDto })
  error?: JobErrorDto;
}

export class TimelineEntryDto {
  @ApiProperty({ type: 'string', format: 'date-time' })
  at!: string;

  @ApiProperty({ enum: JOB_STATUSES, nullable: true, description: 'Null at the job’s acceptance.' })
  from!: JobStatus | null;

  @ApiProperty({ enum: JOB_STATUSES })
  to!: JobStatus;

  @ApiProperty({
    type: 'string',
    example: 'webhook msg_2ab',
    description: 'request, worker, webhook <id>, poll or cancel.',
  })
  cause!: string;
}

/** The whole job. */
export class JobDto extends StatusDto {
  @ApiProperty({ ...anyObject, description: 'Public parameters, defaults applied, prompt included.' })
  parameters!: Record<string, unknown>;

  @ApiProperty({ ...anyObject, description: 'What the provider was sent.' })
  providerInput!: Record<string, unknown>;

  @ApiProperty({ type: 'string', nullable: true, description: 'The provider’s model that runs it.' })
  providerModel!: string | null;

  @ApiProperty({ type: [String] })
  warnings!: string[];

  @ApiProperty({ type: 'integer', description: 'Times it was submitted to the provider.' })
  attempts!: number;

  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  retriedFrom?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  scriptId?: string;

  @ApiProperty({ type: [TimelineEntryDto] })
  timeline!: TimelineEntryDto[];
}

export class JobListDto {
  @ApiProperty({ type: [StatusDto] })
  items!: StatusDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
