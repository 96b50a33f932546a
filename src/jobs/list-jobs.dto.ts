import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../access/user-id.js';
import { IsTime } from '../http/is-time.js';
import { PageQuery } from '../http/page-query.dto.js';
import { JOB_STATUSES, type JobStatus } from './job.js';

const MEDIA_TYPES = ['image', 'video', 'audio'];
const MODEL_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const dayOrTime: { type: 'string'; anyOf: object[] } = {
  type: 'string',
  anyOf: [{ format: 'date' }, { format: 'date-time' }],
};

export class ListJobsQuery extends PageQuery {
  @ApiPropertyOptional({ type: 'string', pattern: USER_ID.source })
  @IsOptional()
  @Matches(USER_ID, USER_ID_RULE)
  userId?: string;

  @ApiPropertyOptional({ enum: JOB_STATUSES })
  @IsOptional()
  @IsIn(JOB_STATUSES, { message: `status must be one of ${JOB_STATUSES.join(', ')}` })
  status?: JobStatus;

  @ApiPropertyOptional({ enum: MEDIA_TYPES })
  @IsOptional()
  @IsIn(MEDIA_TYPES, { message: `mediaType must be one of ${MEDIA_TYPES.join(', ')}` })
  mediaType?: string;

  @ApiPropertyOptional({ type: 'string', pattern: MODEL_ID.source })
  @IsOptional()
  @Matches(MODEL_ID, { message: 'modelId must be the id of a model; GET /models lists them' })
  modelId?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  @IsOptional()
  @IsUUID(undefined, { message: 'scriptId must be a UUID' })
  scriptId?: string;

  @ApiPropertyOptional({
    ...dayOrTime,
    description: 'Created at or after; a day alone starts at 00:00 UTC.',
  })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({
    ...dayOrTime,
    description: 'Created before; a day alone starts at 00:00 UTC.',
  })
  @IsOptional()
  @IsTime()
  to?: string;
}
