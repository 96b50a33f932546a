import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsOptional,
  IsString,
  Matches,
  ValidateBy,
} from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../access/user-id.js';
import { IsText, NOT_BLANK } from '../http/is-text.js';
import { isHttpsUrl } from '../models/json-schema.js';
import { IsSeed } from './script.dto.js';

const MOST_REFERENCES = 10;
const REFERENCES_RULE = {
  message: `referenceImages must be a list of at most ${MOST_REFERENCES} different https URLs without user name or password`,
};

/** https without user name or password. */
const HTTPS_URL = '^[Hh][Tt][Tt][Pp][Ss]://[^\\s\\\\/?#@]+([/?#][^\\s\\\\]*)?$';

const nameProperty = { type: 'string', minLength: 1, maxLength: 100, pattern: NOT_BLANK } as const;
const descriptionProperty = { type: 'string', minLength: 1, maxLength: 1000, pattern: NOT_BLANK } as const;
const seedProperty = { type: 'integer', minimum: 0, maximum: 2_147_483_647, nullable: true } as const;
const referencesProperty = {
  type: 'array',
  items: { type: 'string', format: 'uri', maxLength: 2048, pattern: HTTPS_URL },
  maxItems: MOST_REFERENCES,
  uniqueItems: true,
  example: ['https://example.com/keeper.png'],
} as const;

function IsReferences(): PropertyDecorator {
  const isUrl = ValidateBy(
    { name: 'isHttpsUrl', validator: { validate: (url) => typeof url === 'string' && isHttpsUrl(url) } },
    { ...REFERENCES_RULE, each: true },
  );
  return (target, property) => {
    for (const check of [
      IsArray(REFERENCES_RULE),
      ArrayMaxSize(MOST_REFERENCES, REFERENCES_RULE),
      ArrayUnique(REFERENCES_RULE),
      isUrl,
    ])
      check(target, property);
  };
}

export class CreateCharacterDto {
  @ApiProperty({ type: 'string', pattern: USER_ID.source, example: 'producer-1' })
  @IsString({ message: 'userId must be text' })
  @Matches(USER_ID, USER_ID_RULE)
  userId!: string;

  @ApiProperty({ ...nameProperty, example: 'Mara' })
  @IsText(1, 100)
  name!: string;

  @ApiProperty({ ...descriptionProperty, example: 'a keeper in her fifties, grey braid, yellow oilskin' })
  @IsText(1, 1000)
  description!: string;

  @ApiPropertyOptional({ ...referencesProperty, description: 'Not fetched by us; they must stay readable.' })
  @IsOptional()
  @IsReferences()
  referenceImages?: string[] | null;

  @ApiPropertyOptional({ ...seedProperty, description: 'Of the scenes that show it, before the script’s.' })
  @IsSeed()
  seed?: number | null;
}

/** What to change; what is left out stays. */
export class PatchCharacterDto {
  @ApiPropertyOptional(nameProperty)
  @IsOptional()
  @IsText(1, 100)
  name?: string | null;

  @ApiPropertyOptional(descriptionProperty)
  @IsOptional()
  @IsText(1, 1000)
  description?: string | null;

  @ApiPropertyOptional(referencesProperty)
  @IsOptional()
  @IsReferences()
  referenceImages?: string[] | null;

  @ApiPropertyOptional({ ...seedProperty, description: 'Null for none.' })
  @IsSeed()
  seed?: number | null;
}

export class CharacterDto {
  @ApiProperty({ type: 'string', format: 'uuid' })
  characterId!: string;

  @ApiProperty({ type: 'string' })
  userId!: string;

  @ApiProperty({ type: 'string' })
  name!: string;

  @ApiProperty({ type: 'string' })
  description!: string;

  @ApiProperty(referencesProperty)
  referenceImages!: string[];

  @ApiProperty(seedProperty)
  seed!: number | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updatedAt!: string;
}

export class CharacterListDto {
  @ApiProperty({ type: [CharacterDto] })
  items!: CharacterDto[];

  @ApiProperty({ type: 'string', nullable: true })
  nextCursor!: string | null;
}
