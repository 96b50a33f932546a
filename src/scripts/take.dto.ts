import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsText } from '../http/is-text.js';
import { JOB_STATUSES, type JobStatus } from '../jobs/job.js';
import type { Approval } from './script.js';

const APPROVALS: Approval[] = ['pending', 'approved', 'rejected'];

/** One generation of a section. */
export class TakeDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  videoId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  sectionId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  jobId!: string;

  @ApiProperty({ type: 'integer', description: 'From 1, counted in the section.' })
  take!: number;

  @ApiProperty({ enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty({ enum: APPROVALS })
  approval!: Approval;

  @ApiProperty({
    type: 'boolean',
    description: 'Whether it was made of something else than its section is now.',
  })
  stale!: boolean;

  @ApiProperty({ type: 'string', format: 'uri', nullable: true })
  url!: string | null;

  @ApiProperty({ type: 'string', format: 'uri', nullable: true })
  thumbnailUrl!: string | null;

  @ApiProperty({ type: 'number', nullable: true, description: 'Seconds; null for images.' })
  durationSeconds!: number | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'The reviewer’s.' })
  comment!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  reviewedAt!: string | null;
}

export class TakeListDto {
  @ApiProperty({ type: [TakeDto] })
  items!: TakeDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}

export class ReviewDto {
  @ApiPropertyOptional({ type: 'string', maxLength: 2000, nullable: true, example: 'The lamp must be lit' })
  @IsOptional()
  @IsText(0, 2000)
  comment?: string | null;
}
