import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../http/page-query.dto.js';
import { mediaTypes, type MediaType, type Model, type Scalar } from './model.js';

const anyObject = { type: 'object', additionalProperties: true } as const;

export class ListModelsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: mediaTypes, description: 'Only models that make this.' })
  @IsOptional()
  @IsIn(mediaTypes, { message: `mediaType must be one of ${mediaTypes.join(', ')}` })
  mediaType?: MediaType;
}

export class RateDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: {} },
    description: 'Values of parameters for which the amount holds; empty: always.',
    example: { resolution: ['1080p'] },
  })
  by!: Record<string, Scalar[]>;

  @ApiProperty({ type: 'number', description: 'US dollars a unit.', example: 0.12 })
  amount!: number;
}

export class PricingDto {
  @ApiProperty({
    enum: ['output', 'generation', 'second', 'hardwareSecond'],
    description: 'What is charged for.',
  })
  unit!: string;

  @ApiProperty({ enum: ['USD'] })
  currency!: string;

  @ApiProperty({ type: () => [RateDto] })
  rates!: RateDto[];

  @ApiPropertyOptional({ type: 'string', description: 'Where the figures come from.' })
  source?: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date',
    description: 'When the figures were last compared.',
  })
  checkedAt?: string;

  @ApiPropertyOptional({ enum: ['high', 'good', 'fair', 'low'] })
  confidence?: string;
}

export class RuleDto {
  @ApiProperty({
    ...anyObject,
    description: 'JSON Schema: where the parameters match it, defaults applied, …',
  })
  when!: Record<string, unknown>;

  @ApiProperty({ ...anyObject, description: 'JSON Schema: … they must match this one too.' })
  must!: Record<string, unknown>;

  @ApiProperty({ type: 'string', description: 'Told when they do not.' })
  message!: string;
}

export class ModelDto {
  @ApiProperty({ type: 'string', example: 'veo-3.1' })
  modelId!: string;

  @ApiProperty({ enum: mediaTypes })
  mediaType!: MediaType;

  @ApiProperty({ type: 'string', description: 'Version at the provider.' })
  version!: string;

  @ApiProperty({ type: 'string' })
  description!: string;

  @ApiProperty({ type: () => PricingDto, description: 'The list price.' })
  pricing!: PricingDto;

  @ApiProperty({ type: 'number', description: 'Usual seconds from request to result.', example: 40 })
  estimatedTime!: number;

  @ApiProperty({ ...anyObject, description: 'JSON Schema of the parameters, the prompt included.' })
  parameters!: Record<string, unknown>;

  @ApiProperty({ ...anyObject, description: 'Values of the parameters that a request leaves out.' })
  defaults!: Record<string, unknown>;

  @ApiProperty({ type: () => [RuleDto], description: 'Rules between parameters.' })
  rules!: RuleDto[];

  @ApiProperty({ type: 'boolean', description: 'Whether new jobs are taken.' })
  enabled!: boolean;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date',
    description: 'Day from which its use is discouraged.',
  })
  deprecatedAt?: string;

  @ApiPropertyOptional({ type: 'string', description: 'modelId of the model to use instead.' })
  successor?: string;
}

export class ModelListDto {
  @ApiProperty({ type: () => [ModelDto] })
  items!: ModelDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Pass it as `cursor` for the next page; null on the last.',
  })
  nextCursor!: string | null;
}

/** What clients see of a model: everything but how the provider is asked. */
export function toModelDto(model: Model): ModelDto {
  return {
    modelId: model.modelId,
    mediaType: model.mediaType,
    version: model.version,
    description: model.description,
    pricing: model.pricing,
    estimatedTime: model.estimatedTimeSeconds,
    parameters: model.parameters,
    defaults: model.defaults,
    rules: model.rules.map(({ when, must, message }) => ({ when, must, message })),
    enabled: model.enabled,
    ...(model.deprecatedAt === undefined ? {} : { deprecatedAt: model.deprecatedAt }),
    ...(model.successor === undefined ? {} : { successor: model.successor }),
  };
}
