import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../access/route-access.decorator.js';
import { AppError, invalidParameters } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { ListModelsQuery, ModelDto, ModelListDto, toModelDto } from './model.dto.js';
import { suggestion } from './nearest-name.js';
import { ModelRegistry } from './registry.js';

@ApiTags('models')
@Requires('read', 'generate')
@Controller('models')
export class ModelsController {
  constructor(private readonly registry: ModelRegistry) {}

  @Get()
  @ApiOperation({ summary: 'The models that can be asked for, with prices and parameters' })
  @ApiOkResponse({ type: ModelListDto })
  list(@Query() query: ListModelsQuery): ModelListDto {
    const models = this.registry.list(query.mediaType);
    const start = query.cursor === undefined ? 0 : this.positionAfter(query.cursor, models);
    const page = models.slice(start, start + query.limit);
    const isLast = start + page.length >= models.length;
    return { items: page.map(toModelDto), nextCursor: isLast ? null : encodeCursor(page.at(-1)!.modelId) };
  }

  @Get(':modelId')
  @ApiOperation({ summary: 'One model' })
  @ApiOkResponse({ type: ModelDto })
  @ApiErrors(404)
  find(@Param('modelId') modelId: string): ModelDto {
    const model = this.registry.find(modelId);
    if (model !== undefined) return toModelDto(model);
    const known = this.registry.list().map((other) => other.modelId);
    const asked = JSON.stringify(modelId.slice(0, 100));
    throw new AppError(
      'model_not_found',
      `There is no model ${asked}${suggestion(modelId, known)}; GET /models lists them`,
    );
  }

  private positionAfter(cursor: string, models: { modelId: string }[]): number {
    const modelId = Buffer.from(cursor, 'base64url').toString();
    const index = models.findIndex((model) => model.modelId === modelId);
    if (index >= 0) return index + 1;
    throw invalidParameters([
      { path: 'cursor', message: 'cursor must be the nextCursor of an earlier page' },
    ]);
  }
}

function encodeCursor(modelId: string): string {
  return Buffer.from(modelId).toString('base64url');
}
