import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  IsUUID,
  Max,
  Min,
} from 'class-validator';
import { JOB_STATUSES, type JobStatus } from '../jobs/job.js';
import { MOST_SECTIONS } from './script.dto.js';

const MOST_SCRIPTS = 20;
const TAKES_RULE = { message: 'takes must be an integer from 1 to 4' };
const SECTIONS_RULE = { message: `sectionIds must be a list of 1 to ${MOST_SECTIONS} different section ids` };
const SCRIPTS_RULE = { message: `scriptIds must be a list of 1 to ${MOST_SCRIPTS} different script ids` };

const listOfIds = (maxItems: number) => ({
  type: 'array' as const,
  items: { type: 'string' as const, format: 'uuid' },
  minItems: 1,
  maxItems,
  uniqueItems: true,
});

export class GenerateScriptDto {
  @ApiPropertyOptional({
    ...listOfIds(MOST_SECTIONS),
    format: 'sections-of-the-script',
    description: 'All sections when left out.',
  })
  @IsOptional()
  @IsArray(SECTIONS_RULE)
  @ArrayMinSize(1, SECTIONS_RULE)
  @ArrayMaxSize(MOST_SECTIONS, SECTIONS_RULE)
  @ArrayUnique(SECTIONS_RULE)
  @IsUUID(undefined, { ...SECTIONS_RULE, each: true })
  sectionIds?: string[] | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 4,
    default: 1,
    description: 'Good takes that each section shall have; those it has count.',
  })
  @IsOptional()
  @IsInt(TAKES_RULE)
  @Min(1, TAKES_RULE)
  @Max(4, TAKES_RULE)
  takes?: number | null;
}

export class EstimateScriptsDto {
  @ApiProperty(listOfIds(MOST_SCRIPTS))
  @IsArray(SCRIPTS_RULE)
  @ArrayMinSize(1, SCRIPTS_RULE)
  @ArrayMaxSize(MOST_SCRIPTS, SCRIPTS_RULE)
  @ArrayUnique(SCRIPTS_RULE)
  @IsUUID(undefined, { ...SCRIPTS_RULE, each: true })
  scriptIds!: string[];
}

export class SceneJobDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  jobId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  videoId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  sectionId!: string;

  @ApiProperty({ type: 'integer' })
  take!: number;

  @ApiProperty({ enum: ['pending'] })
  status!: string;

  @ApiProperty({ type: 'number', description: 'US dollars.' })
  estimatedCost!: number;

  @ApiProperty({ type: 'number', description: 'Seconds until the result, roughly.' })
  estimatedTime!: number;

  @ApiPropertyOptional({ type: [String], description: 'What may surprise.' })
  warnings?: string[];
}

export class ReusedTakeDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  sectionId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  videoId!: string;

  @ApiProperty({ type: 'string', format: 'uuid' })
  jobId!: string;

  @ApiProperty({ type: 'integer' })
  take!: number;

  @ApiProperty({ enum: JOB_STATUSES, description: 'completed, or pending or processing while under way.' })
  status!: JobStatus;
}

export class GeneratedScriptDto {
  @ApiProperty({ type: [SceneJobDto] })
  jobs!: SceneJobDto[];

  @ApiProperty({ type: [ReusedTakeDto], description: 'Takes that need not be made again, at no cost.' })
  reused!: ReusedTakeDto[];

  @ApiProperty({ type: 'number', description: 'US dollars, of the jobs.' })
  estimatedCost!: number;
}

export class SectionEstimateDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  sectionId!: string;

  @ApiProperty({ type: 'string' })
  modelId!: string;

  @ApiProperty({ type: 'number', description: 'That the scene plays; 0 for images.' })
  seconds!: number;

  @ApiProperty({ type: 'number', description: 'US dollars; 0 when reused.' })
  estimatedCost!: number;

  @ApiProperty({ type: 'boolean', description: 'Whether a good take is there or under way.' })
  reused!: boolean;
}

export class ScriptTotalsDto {
  @ApiProperty({ type: 'number', example: 70 })
  totalSeconds!: number;

  @ApiProperty({ type: 'number', description: 'US dollars.', example: 5.82 })
  totalCost!: number;

  @ApiProperty({
    type: 'number',
    description: 'Seconds of the slowest scene to be made: they are made side by side.',
  })
  estimatedTime!: number;
}

export class ScriptEstimateDto extends ScriptTotalsDto {
  @ApiProperty({ type: [SectionEstimateDto] })
  sections!: SectionEstimateDto[];
}

export class SeriesScriptEstimateDto extends ScriptEstimateDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  scriptId!: string;
}

export class SeriesEstimateDto extends ScriptTotalsDto {
  @ApiProperty({ type: [SeriesScriptEstimateDto] })
  scripts!: SeriesScriptEstimateDto[];
}
