import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OUTPUT_FORMATS } from './compile-options.js';

export class PlannedClipDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  videoId!: string;

  @ApiProperty({
    enum: ['copy', 'conform', 'reencode'],
    description: '`conform`: this clip alone is made like the others; `reencode`: the whole film is encoded.',
  })
  action!: 'copy' | 'conform' | 'reencode';

  @ApiProperty({ type: 'string', example: '1280×720 instead of 1920×1080; no sound: silence is added' })
  reason!: string;
}

export class CheckDto {
  @ApiProperty({ type: 'string', example: 'frames' })
  name!: string;

  @ApiProperty({ type: 'boolean' })
  passed!: boolean;

  @ApiProperty({ type: 'string', example: '504' })
  expected!: string;

  @ApiProperty({ type: 'string', example: '504' })
  actual!: string;
}

export class VerificationDto {
  @ApiProperty({ type: 'boolean' })
  passed!: boolean;

  @ApiProperty({ type: [CheckDto] })
  checks!: CheckDto[];

  @ApiProperty({ type: 'integer', description: 'Frames that are the very ones of their clips.' })
  copiedFrames!: number;

  @ApiProperty({ type: 'integer' })
  encodedFrames!: number;

  @ApiPropertyOptional({
    type: 'string',
    description: 'What the first result failed in, so that all was encoded.',
  })
  fallback?: string;
}

/** What is planned of a film. */
export class FilmPlanDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  scriptId!: string;

  @ApiProperty({ type: 'integer' })
  videoCount!: number;

  @ApiProperty({ enum: ['copy', 'mixed', 'reencode'] })
  strategy!: 'copy' | 'mixed' | 'reencode';

  @ApiProperty({ type: [PlannedClipDto] })
  plan!: PlannedClipDto[];

  @ApiProperty({ type: 'number', description: 'Length of the film in seconds.' })
  mediaDurationSeconds!: number;
}

export class CompilePlanDto extends FilmPlanDto {
  @ApiProperty({ type: 'boolean', description: 'Nothing was made.' })
  dryRun!: boolean;
}

export class CaptionFilesDto {
  @ApiProperty({ type: 'string', format: 'uri' })
  srtUrl!: string;

  @ApiProperty({ type: 'string', format: 'uri' })
  vttUrl!: string;
}

export class CompilationErrorDto {
  @ApiProperty({ type: 'string', example: 'output_invalid' })
  code!: string;

  @ApiProperty({ type: 'string' })
  message!: string;
}

export class CompilationDto extends FilmPlanDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  compilationId!: string;

  @ApiProperty({ type: 'string' })
  userId!: string;

  @ApiProperty({ enum: ['pending', 'processing', 'completed', 'failed', 'canceled'] })
  status!: string;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100 })
  percent!: number;

  @ApiProperty({ enum: OUTPUT_FORMATS })
  outputFormat!: string;

  @ApiProperty({ type: 'string', format: 'uri', nullable: true })
  compiledVideoUrl!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Bytes, HLS segments among them.' })
  fileSize!: number | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'Of the file at compiledVideoUrl; hex.' })
  sha256!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Milliseconds that the compilation took.' })
  duration!: number | null;

  @ApiProperty({ type: VerificationDto, nullable: true })
  verification!: VerificationDto | null;

  @ApiPropertyOptional({ type: 'string', format: 'uri' })
  metadataUrl?: string;

  @ApiPropertyOptional({ type: CaptionFilesDto })
  captions?: CaptionFilesDto;

  @ApiPropertyOptional({ type: CompilationErrorDto })
  error?: CompilationErrorDto;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updatedAt!: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time' })
  completedAt?: string;
}

/** The answer to a dry run. */
export class CompilePlanAnswerDto {
  @ApiProperty({ enum: [true] })
  success!: true;

  @ApiProperty({ type: CompilePlanDto })
  data!: CompilePlanDto;
}

export class CompilationAnswerDto {
  @ApiProperty({ type: 'boolean', description: 'False when it failed or was canceled.' })
  success!: boolean;

  @ApiProperty({ type: CompilationDto })
  data!: CompilationDto;
}
