import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { readIdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotentTransaction } from '../idempotency/idempotent-transaction.js';
import { pageOf, positionOf } from './list-cursor.js';
import { scriptBody, summaryBody } from './script-bodies.js';
import { SCRIPT_EXAMPLES, SECTIONS_EXAMPLES } from './script-examples.js';
import {
  CreateScriptDto,
  ListByUserQuery,
  PatchScriptDto,
  ReplaceSectionsDto,
  ScriptDto,
  ScriptListDto,
  SECTIONS_BODY,
} from './script.dto.js';
import { readNewScript, readScriptChanges, readSections } from './script.request.js';
import { ScriptsService } from './scripts.service.js';

@ApiTags('scripts')
@ApiExtraModels(ReplaceSectionsDto)
@Controller('api/scripts')
export class ScriptsController {
  constructor(
    private readonly scripts: ScriptsService,
    private readonly transaction: IdempotentTransaction,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Write a script; every scene is checked as if it were generated now' })
  @ApiIdempotencyKey()
  @ApiBody({ type: CreateScriptDto, examples: SCRIPT_EXAMPLES })
  @ApiResponse({ status: 201, type: ScriptDto })
  @Requires('generate')
  @ApiErrors(400, 409, 413, 415, 422, 503)
  async create(
    @CalledBy() caller: Caller,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(caller.owner, 'scripts');
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const { answer, replayed } = await this.transaction.once(key, async (manager) => {
      const whole = await this.scripts.create(manager, caller, readNewScript(body));
      const location = `/api/scripts/${whole.script.scriptId}`;
      return { status: 201, location, body: JSON.stringify(scriptBody(whole)) };
    });
    (replayed ? sendReplay : sendStored)(reply, answer);
  }

  @Get()
  @ApiOperation({ summary: 'Scripts without their sections, newest first' })
  @ApiOkResponse({ type: ScriptListDto })
  @Requires('read')
  @ApiErrors(400, 503)
  async list(
    @CalledBy() caller: Caller,
    @Query() { userId, cursor, limit }: ListByUserQuery,
  ): Promise<ScriptListDto> {
    const found = await this.scripts.list(caller, { userId, after: positionOf(cursor), limit: limit + 1 });
    const { entries, nextCursor } = pageOf(found, limit, ({ scriptId }) => scriptId);
    return { items: entries.map(summaryBody), nextCursor };
  }

  @Get(':scriptId')
  @ApiOperation({ summary: 'A script with its sections in order' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: ScriptDto })
  @Requires('read')
  @ApiErrors(404, 503)
  async find(@CalledBy() caller: Caller, @Param('scriptId') scriptId: string): Promise<ScriptDto> {
    return scriptBody(await this.scripts.find(caller, scriptId));
  }

  @Patch(':scriptId')
  @ApiOperation({ summary: 'Change title, seed or defaults' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: PatchScriptDto, examples: { seed: { value: { seed: 11 } } } })
  @ApiOkResponse({ type: ScriptDto })
  @Requires('generate')
  @ApiErrors(400, 404, 413, 415, 503)
  async change(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Body() body: unknown,
  ): Promise<ScriptDto> {
    return scriptBody(await this.scripts.change(caller, scriptId, readScriptChanges(body)));
  }

  @Put(':scriptId/sections')
  @ApiOperation({
    summary:
      'Replace and reorder the sections: those with a sectionId keep it and their takes, missing ones go',
  })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ schema: SECTIONS_BODY, examples: SECTIONS_EXAMPLES })
  @ApiOkResponse({ type: ScriptDto })
  @Requires('generate')
  @ApiErrors(400, 404, 413, 415, 503)
  async replaceSections(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Body() body: unknown,
  ): Promise<ScriptDto> {
    return scriptBody(await this.scripts.replaceSections(caller, scriptId, readSections(body)));
  }

  @Delete(':scriptId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a script with its sections and takes; its jobs and their files stay' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 204, description: 'Deleted' })
  @Requires('generate')
  @ApiErrors(404, 503)
  remove(@CalledBy() caller: Caller, @Param('scriptId') scriptId: string): Promise<void> {
    return this.scripts.remove(caller, scriptId);
  }
}
