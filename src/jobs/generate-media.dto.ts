import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, Matches } from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../access/user-id.js';

/** What to generate. What the model's parameters may be, `GET /models/{modelId}` tells. */
export class GenerateMediaDto {
  @ApiProperty({ enum: ['image', 'video', 'audio'] })
  @IsString({ message: 'mediaType must be one of image, video, audio' })
  mediaType!: string;

  @ApiProperty({ type: 'string', example: 'flux-schnell' })
  @IsString({ message: 'modelId must be the id of a model; GET /models lists them' })
  modelId!: string;

  @ApiProperty({
    type: 'string',
    minLength: 1,
    maxLength: 128,
    pattern: USER_ID.source,
    example: 'producer-1',
  })
  @IsString({ message: 'userId must be text' })
  @Matches(USER_ID, USER_ID_RULE)
  userId!: string;

  @ApiPropertyOptional({
    type: 'string',
    description:
      'What the media should show or sound like; may stand in `parameters` instead, or there too if it is the same.',
    example: 'A lighthouse in a storm, oil painting',
  })
  @IsOptional()
  @IsString({ message: 'prompt must be text' })
  prompt?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The model’s parameters: its schema `…Parameters` of this document.',
    example: { width: 1280, height: 720, seed: 7 },
  })
  @IsOptional()
  @IsObject({ message: 'parameters must be an object' })
  parameters?: Record<string, unknown>;
}

/** Requests to start from in Swagger UI: one of each kind of media. */
export const GENERATION_EXAMPLES = {
  image: {
    value: {
      mediaType: 'image',
      modelId: 'flux-schnell',
      userId: 'producer-1',
      prompt: 'A lighthouse in a storm, oil painting',
      parameters: { width: 1280, height: 720, seed: 7 },
    },
  },
  video: {
    value: {
      mediaType: 'video',
      modelId: 'veo-3.1-fast',
      userId: 'producer-1',
      prompt: 'Waves break on the rocks below the lighthouse',
      parameters: { duration: 4, resolution: '720p', aspect_ratio: '16:9' },
    },
  },
  audio: {
    value: {
      mediaType: 'audio',
      modelId: 'musicgen',
      userId: 'producer-1',
      prompt: 'Slow cello over distant thunder',
      parameters: { duration: 8 },
    },
  },
};
