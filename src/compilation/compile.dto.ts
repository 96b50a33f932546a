import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { CAPTIONS, OUTPUT_FORMATS, QUALITIES, TRANSITION_TYPES } from './compile-options.js';

const within = (name: string, min: number, max: number) => ({
  message: `${name} must be a number from ${min} to ${max}`,
});
const oneOf = (name: string, values: readonly string[]) => ({
  message: `${name} must be one of ${values.join(', ')}`,
});

export class TransitionDto {
  @ApiProperty({ enum: ['none', ...TRANSITION_TYPES] })
  @IsIn(['none', ...TRANSITION_TYPES], oneOf('type', ['none', ...TRANSITION_TYPES]))
  type!: string;

  @ApiPropertyOptional({ type: 'number', minimum: 0.1, maximum: 5, default: 0.5 })
  @IsOptional()
  @IsNumber({}, within('durationSeconds', 0.1, 5))
  @Min(0.1, within('durationSeconds', 0.1, 5))
  @Max(5, within('durationSeconds', 0.1, 5))
  durationSeconds?: number;
}

export class AudioBedDto {
  @ApiPropertyOptional({ type: 'string', format: 'uri', description: 'A sound file; https.' })
  @IsOptional()
  @IsString({ message: 'url must be text' })
  @MaxLength(2_048, { message: 'url must have at most 2048 characters' })
  url?: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'uuid',
    description: 'A completed audio job of the same user.',
  })
  @IsOptional()
  @IsUUID('all', { message: 'jobId must be the id of a job' })
  jobId?: string;

  @ApiPropertyOptional({
    type: 'number',
    minimum: 0,
    maximum: 2,
    default: 0.5,
    description: '1 is as loud as it is.',
  })
  @IsOptional()
  @IsNumber({}, within('volume', 0, 2))
  @Min(0, within('volume', 0, 2))
  @Max(2, within('volume', 0, 2))
  volume?: number;

  @ApiPropertyOptional({
    type: 'boolean',
    default: false,
    description: 'Lowers it while the clips are heard.',
  })
  @IsOptional()
  @IsBoolean({ message: 'ducking must be true or false' })
  ducking?: boolean;

  @ApiPropertyOptional({ type: 'number', minimum: 0, maximum: 60, default: 0 })
  @IsOptional()
  @IsNumber({}, within('fadeInSeconds', 0, 60))
  @Min(0, within('fadeInSeconds', 0, 60))
  @Max(60, within('fadeInSeconds', 0, 60))
  fadeInSeconds?: number;

  @ApiPropertyOptional({ type: 'number', minimum: 0, maximum: 60, default: 0 })
  @IsOptional()
  @IsNumber({}, within('fadeOutSeconds', 0, 60))
  @Min(0, within('fadeOutSeconds', 0, 60))
  @Max(60, within('fadeOutSeconds', 0, 60))
  fadeOutSeconds?: number;
}

export class LoudnessDto {
  @ApiPropertyOptional({ type: 'number', minimum: -31, maximum: -9, default: -14 })
  @IsOptional()
  @IsNumber({}, within('targetLufs', -31, -9))
  @Min(-31, within('targetLufs', -31, -9))
  @Max(-9, within('targetLufs', -31, -9))
  targetLufs?: number;
}

const SIZE_RULE = { message: 'size must be WIDTHxHEIGHT in even pixels from 16 to 3840, such as 1080x1920' };

/** What the film shall be like; all of it has defaults. */
export class CompileDto {
  @ApiPropertyOptional({ enum: OUTPUT_FORMATS, default: 'mp4' })
  @IsOptional()
  @IsIn(OUTPUT_FORMATS, oneOf('outputFormat', OUTPUT_FORMATS))
  outputFormat?: (typeof OUTPUT_FORMATS)[number];

  @ApiPropertyOptional({
    enum: QUALITIES,
    default: 'high',
    description:
      '`high` keeps the clips’ own pictures where they fit; the others encode all of them smaller.',
  })
  @IsOptional()
  @IsIn(QUALITIES, oneOf('quality', QUALITIES))
  quality?: (typeof QUALITIES)[number];

  @ApiPropertyOptional({ type: TransitionDto })
  @IsOptional()
  @IsObject({ message: 'transition must be an object' })
  transition?: TransitionDto;

  @ApiPropertyOptional({
    type: AudioBedDto,
    description: 'Sound under the whole film: one of url and jobId.',
  })
  @IsOptional()
  @IsObject({ message: 'audio must be an object' })
  audio?: AudioBedDto;

  @ApiPropertyOptional({ type: LoudnessDto, description: 'Two-pass EBU R128 normalization.' })
  @IsOptional()
  @IsObject({ message: 'loudness must be an object' })
  loudness?: LoudnessDto;

  @ApiPropertyOptional({ enum: CAPTIONS, default: 'none', description: 'From the sections’ narration.' })
  @IsOptional()
  @IsIn(CAPTIONS, oneOf('captions', CAPTIONS))
  captions?: (typeof CAPTIONS)[number];

  @ApiPropertyOptional({
    type: 'string',
    example: '1080x1920',
    description: 'Bars fill what the clips do not.',
  })
  @IsOptional()
  @IsString(SIZE_RULE)
  @Matches(/^\d{2,4}x\d{2,4}$/, SIZE_RULE)
  size?: string;

  @ApiPropertyOptional({ type: 'number', minimum: 1, maximum: 60 })
  @IsOptional()
  @IsNumber({}, within('fps', 1, 60))
  @Min(1, within('fps', 1, 60))
  @Max(60, within('fps', 1, 60))
  fps?: number;

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Answers the plan only.' })
  @IsOptional()
  @IsBoolean({ message: 'dryRun must be true or false' })
  dryRun?: boolean;
}

/** Requests to start from in Swagger UI. */
export const COMPILE_EXAMPLES = {
  plain: { value: {} },
  finished: {
    value: {
      transition: { type: 'fade', durationSeconds: 0.5 },
      audio: { jobId: '019aca3e-0000-7000-8000-000000000000', volume: 0.4, ducking: true, fadeOutSeconds: 2 },
      loudness: { targetLufs: -14 },
      captions: 'sidecar',
    },
  },
  plan: { value: { outputFormat: 'webm', size: '1080x1920', dryRun: true } },
};
