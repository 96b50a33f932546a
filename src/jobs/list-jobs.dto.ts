import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../http/page-query.dto.js';
import { JOB_STATUSES, type JobStatus } from './job.js';

const MEDIA_TYPES = ['image', 'video', 'audio'];
const TIME_RULE = (name: string) => ({ message: `${name} must be a time such as 2026-01-31T12:00:00.000Z` });

export class ListJobsQuery extends PageQuery {
  @ApiPropertyOptional({ type: 'string' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  userId?: string;

  @ApiPropertyOptional({ enum: JOB_STATUSES })
  @IsOptional()
  @IsIn(JOB_STATUSES, { message: `status must be one of ${JOB_STATUSES.join(', ')}` })
  status?: JobStatus;

  @ApiPropertyOptional({ enum: MEDIA_TYPES })
  @IsOptional()
  @IsIn(MEDIA_TYPES, { message: `mediaType must be one of ${MEDIA_TYPES.join(', ')}` })
  mediaType?: string;

  @ApiPropertyOptional({ type: 'string' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  modelId?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  @IsOptional()
  @IsUUID(undefined, { message: 'scriptId must be a UUID' })
  scriptId?: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time', description: 'Created at or after.' })
  @IsOptional()
  @IsISO8601({ strict: true }, TIME_RULE('from'))
  from?: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time', description: 'Created before.' })
  @IsOptional()
  @IsISO8601({ strict: true }, TIME_RULE('to'))
  to?: string;
}
