import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../access/user-id.js';
import { IsText, NOT_BLANK } from '../http/is-text.js';
import { PageQuery } from '../http/page-query.dto.js';

export const MOST_SECTIONS = 200;
const MOST_CHARACTERS = 10;
const MOST_SEED = 2_147_483_647;

const SEED_RULE = { message: `seed must be an integer from 0 to ${MOST_SEED}` };
const CHARACTERS_RULE = {
  message: `characters must be a list of at most ${MOST_CHARACTERS} different character ids`,
};
const MODEL_RULE = { message: 'modelId must be the id of a model; GET /models lists them' };

const anyObject = { type: 'object', additionalProperties: true } as const;
const seedProperty = { type: 'integer', minimum: 0, maximum: MOST_SEED, nullable: true } as const;
const titleProperty = { type: 'string', minLength: 1, maxLength: 200, pattern: NOT_BLANK } as const;
const userIdProperty = { type: 'string', pattern: USER_ID.source, example: 'producer-1' } as const;

/** A seed, or null for none. */
export function IsSeed(): PropertyDecorator {
  return (target, property) => {
    for (const check of [IsOptional(), IsInt(SEED_RULE), Min(0, SEED_RULE), Max(MOST_SEED, SEED_RULE)])
      check(target, property);
  };
}

export class DefaultsDto {
  @ApiPropertyOptional({ type: 'string', example: 'veo-3.1-fast' })
  @IsOptional()
  @IsString(MODEL_RULE)
  modelId?: string | null;

  @ApiPropertyOptional({
    ...anyObject,
    description: 'Each holds for the sections whose model takes this parameter and value.',
    example: { resolution: '720p' },
  })
  @IsOptional()
  @IsObject({ message: 'parameters must be an object' })
  parameters?: Record<string, unknown> | null;
}

/** One scene. */
export class SectionDto {
  @ApiPropertyOptional({ type: 'string', maxLength: 200, nullable: true })
  @IsOptional()
  @IsText(0, 200)
  title?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    maxLength: 4000,
    nullable: true,
    description: 'What is spoken; captions.',
  })
  @IsOptional()
  @IsText(0, 4000)
  narration?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'What the scene shows; needed by every model that takes a prompt.',
    example: 'Waves break on the rocks below the lighthouse',
  })
  @IsOptional()
  @IsString({ message: 'prompt must be text' })
  prompt?: string | null;

  @ApiPropertyOptional({ enum: ['video', 'image'], description: 'What its model makes, when left out.' })
  @IsOptional()
  @IsString({ message: 'mediaType must be one of video, image' })
  mediaType?: string | null;

  @ApiPropertyOptional({ type: 'string', nullable: true, description: 'That of the defaults when left out.' })
  @IsOptional()
  @IsString(MODEL_RULE)
  modelId?: string | null;

  @ApiPropertyOptional({ ...anyObject, description: 'The model’s parameters, before those of the defaults.' })
  @IsOptional()
  @IsObject({ message: 'parameters must be an object' })
  parameters?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    maxItems: MOST_CHARACTERS,
    uniqueItems: true,
    description: 'Ids of characters of the script’s user that the scene shows.',
  })
  @IsOptional()
  @IsArray(CHARACTERS_RULE)
  @ArrayMaxSize(MOST_CHARACTERS, CHARACTERS_RULE)
  @ArrayUnique((id: unknown) => (typeof id === 'string' ? id.toLowerCase() : id), CHARACTERS_RULE)
  @IsUUID(undefined, { ...CHARACTERS_RULE, each: true })
  characters?: string[] | null;
}

/** One scene, new or with the id that it has. */
export class KnownSectionDto extends SectionDto {
  @ApiPropertyOptional({ type: 'string', format: 'uuid', description: 'Keeps the section and its takes.' })
  @IsOptional()
  @IsUUID(undefined, { message: 'sectionId must be the id of a section of this script' })
  sectionId?: string | null;
}

/** What a script's model takes, which its registry tells: formats of our own. */
const defaultsProperty = {
  anyOf: [{ $ref: getSchemaPath(DefaultsDto) }, { type: 'null' }],
  format: 'scene-defaults',
};
const sectionsProperty = (dto: typeof SectionDto) => ({
  type: 'array' as const,
  items: { $ref: getSchemaPath(dto) },
  minItems: 1,
  maxItems: MOST_SECTIONS,
  format: 'scenes',
});

@ApiExtraModels(DefaultsDto, SectionDto)
export class CreateScriptDto {
  @ApiProperty({ ...titleProperty, example: 'The lighthouse, episode 1' })
  @IsText(1, 200)
  title!: string;

  @ApiProperty(userIdProperty)
  @IsString({ message: 'userId must be text' })
  @Matches(USER_ID, USER_ID_RULE)
  userId!: string;

  @ApiPropertyOptional({ ...seedProperty, description: 'Of every section that has none of its own.' })
  @IsSeed()
  seed?: number | null;

  @ApiPropertyOptional(defaultsProperty)
  @IsOptional()
  @IsObject({ message: 'defaults must be an object' })
  defaults?: DefaultsDto | null;

  @ApiProperty(sectionsProperty(SectionDto))
  @IsArray({ message: `sections must be a list of 1 to ${MOST_SECTIONS} sections` })
  sections!: SectionDto[];
}

/** What to change; what is left out stays. */
export class PatchScriptDto {
  @ApiPropertyOptional(titleProperty)
  @IsOptional()
  @IsText(1, 200)
  title?: string | null;

  @ApiPropertyOptional({ ...seedProperty, description: 'Null for none.' })
  @IsSeed()
  seed?: number | null;

  @ApiPropertyOptional({ ...defaultsProperty, description: 'In place of all that were; null for none.' })
  @IsOptional()
  @IsObject({ message: 'defaults must be an object' })
  defaults?: DefaultsDto | null;
}

@ApiExtraModels(KnownSectionDto)
export class ReplaceSectionsDto {
  @ApiProperty(sectionsProperty(KnownSectionDto))
  @IsArray({ message: `sections must be a list of 1 to ${MOST_SECTIONS} sections` })
  sections!: KnownSectionDto[];
}

/** The body of a replacement: the sections alone, or named. */
export const SECTIONS_BODY = {
  oneOf: [{ $ref: getSchemaPath(ReplaceSectionsDto) }, sectionsProperty(KnownSectionDto)],
};

export class ListByUserQuery extends PageQuery {
  @ApiPropertyOptional({ type: 'string', pattern: USER_ID.source })
  @IsOptional()
  @Matches(USER_ID, USER_ID_RULE)
  userId?: string;
}

/** A script without its sections. */
export class ScriptSummaryDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  scriptId!: string;

  @ApiProperty({ type: 'string' })
  userId!: string;

  @ApiProperty({ type: 'string' })
  title!: string;

  @ApiProperty(seedProperty)
  seed!: number | null;

  @ApiProperty({ type: DefaultsDto })
  defaults!: DefaultsDto;

  @ApiProperty({ type: 'integer', description: 'Rises with every change.' })
  version!: number;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updatedAt!: string;
}

export class ScriptDto extends ScriptSummaryDto {
  @ApiProperty({ type: [KnownSectionDto] })
  sections!: KnownSectionDto[];
}

export class ScriptListDto {
  @ApiProperty({ type: [ScriptSummaryDto] })
  items!: ScriptSummaryDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
