import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
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
  durationSeconds?: number | null;
}

export class AudioBedDto {
  @ApiPropertyOptional({
    type: 'string',
    maxLength: 2_048,
    format: 'sound-url',
    description: 'A sound file: https, of a public host, without user name, password or port.',
    example: 'https://example.com/rain.mp3',
  })
  @IsOptional()
  @IsString({ message: 'url must be text' })
  @MaxLength(2_048, { message: 'url must have at most 2048 characters' })
  url?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    allOf: [{ type: 'string', format: 'audio-job' }, { format: 'uuid' }],
    description: 'A completed audio job of the same user.',
  })
  @IsOptional()
  @IsUUID('all', { message: 'jobId must be the id of a job' })
  jobId?: string | null;

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
  volume?: number | null;

  @ApiPropertyOptional({
    type: 'boolean',
    default: false,
    description: 'Lowers it while the clips are heard.',
  })
  @IsOptional()
  @IsBoolean({ message: 'ducking must be true or false' })
  ducking?: boolean | null;

  @ApiPropertyOptional({ type: 'number', minimum: 0, maximum: 60, default: 0 })
  @IsOptional()
  @IsNumber({}, within('fadeInSeconds', 0, 60))
  @Min(0, within('fadeInSeconds', 0, 60))
  @Max(60, within('fadeInSeconds', 0, 60))
  fadeInSeconds?: number | null;

  @ApiPropertyOptional({ type: 'number', minimum: 0, maximum: 60, default: 0 })
  @IsOptional()
  @IsNumber({}, within('fadeOutSeconds', 0, 60))
  @Min(0, within('fadeOutSeconds', 0, 60))
  @Max(60, within('fadeOutSeconds', 0, 60))
  fadeOutSeconds?: number | null;
}

export class LoudnessDto {
  @ApiPropertyOptional({ type: 'number', minimum: -31, maximum: -9, default: -14 })
  @IsOptional()
  @IsNumber({}, within('targetLufs', -31, -9))
  @Min(-31, within('targetLufs', -31, -9))
  @Max(-9, within('targetLufs', -31, -9))
  targetLufs?: number | null;
}

/** In pixels. */
export const LONGEST_SIDE = 3840;
export const MOST_PIXELS = 3840 * 2160;

const SIZE_RULE = {
  message: `size must be WIDTHxHEIGHT in even pixels from 16 to ${LONGEST_SIDE}, such as 1080x1920`,
};

/** What the film shall be like; all of it has defaults. */
export class CompileDto {
  @ApiPropertyOptional({
    enum: OUTPUT_FORMATS,
    default: 'mp4',
    description: 'hls needs a service that gives public media URLs.',
  })
  @IsOptional()
  @IsIn(OUTPUT_FORMATS, oneOf('outputFormat', OUTPUT_FORMATS))
  outputFormat?: (typeof OUTPUT_FORMATS)[number] | null;

  @ApiPropertyOptional({
    enum: QUALITIES,
    default: 'high',
    description:
      '`high` keeps the clips’ own pictures where they fit; the others encode all of them smaller.',
  })
  @IsOptional()
  @IsIn(QUALITIES, oneOf('quality', QUALITIES))
  quality?: (typeof QUALITIES)[number] | null;

  @ApiPropertyOptional({ type: TransitionDto })
  @IsOptional()
  @IsObject({ message: 'transition must be an object' })
  transition?: TransitionDto | null;

  @ApiPropertyOptional({
    type: AudioBedDto,
    description: 'Sound under the whole film: one of url and jobId.',
  })
  @IsOptional()
  @IsObject({ message: 'audio must be an object' })
  audio?: AudioBedDto | null;

  @ApiPropertyOptional({ type: LoudnessDto, description: 'Two-pass EBU R128 normalization.' })
  @IsOptional()
  @IsObject({ message: 'loudness must be an object' })
  loudness?: LoudnessDto | null;

  @ApiPropertyOptional({ enum: CAPTIONS, default: 'none', description: 'From the sections’ narration.' })
  @IsOptional()
  @IsIn(CAPTIONS, oneOf('captions', CAPTIONS))
  captions?: (typeof CAPTIONS)[number] | null;

  @ApiPropertyOptional({
    type: 'string',
    pattern: '^\\d{1,3}[02468]x\\d{1,3}[02468]$',
    format: 'film-size',
    example: '1080x1920',
    description: `Even sides from 16 to ${LONGEST_SIDE}, at most ${MOST_PIXELS} pixels. Bars fill what the clips do not.`,
  })
  @IsOptional()
  @IsString(SIZE_RULE)
  @Matches(/^\d{2,4}x\d{2,4}$/, SIZE_RULE)
  size?: string | null;

  @ApiPropertyOptional({ type: 'number', minimum: 1, maximum: 60 })
  @IsOptional()
  @IsNumber({}, within('fps', 1, 60))
  @Min(1, within('fps', 1, 60))
  @Max(60, within('fps', 1, 60))
  fps?: number | null;

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Answers the plan only.' })
  @IsOptional()
  @IsBoolean({ message: 'dryRun must be true or false' })
  dryRun?: boolean | null;
}

const objectIn = (name: string, rule: object = {}) => ({
  properties: { [name]: { type: 'object' as const, ...rule } },
  required: [name],
});
const textIn = (name: string) => ({ properties: { [name]: { type: 'string' as const } }, required: [name] });
const filmOf = (format: string) => ({
  properties: { outputFormat: { enum: [format] } },
  required: ['outputFormat'],
});

const WITHOUT_ONE_SOURCE = objectIn('audio', { not: { oneOf: [textIn('url'), textIn('jobId')] } });
const GIF_WITH_SOUND = { ...filmOf('gif'), anyOf: [objectIn('audio'), objectIn('loudness')] };

/** The body of a compilation, with what its fields must be to each other. */
export const COMPILE_BODY = {
  allOf: [{ $ref: getSchemaPath(CompileDto) }],
  not: { anyOf: [WITHOUT_ONE_SOURCE, GIF_WITH_SOUND] },
  if: filmOf('hls'),
  then: { properties: { outputFormat: { format: 'playlist' } } },
};

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
