import { Body, Controller, Get, Headers, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { ApiIdempotencyKey } from '../http/api-idempotency-key.js';
import { EventStream } from '../http/event-stream.js';
import { idempotencyScope, sendReplay, sendStored } from '../http/idempotent-answer.js';
import { prefersAsync, readWaitSeconds } from '../http/prefer.js';
import { refuseFields } from '../http/validate-body.js';
import { readIdempotencyKey, type IdempotencyKey } from '../idempotency/idempotency-key.js';
import { IdempotencyRepository, type StoredAnswer } from '../idempotency/idempotency.repository.js';
import { Logger } from '../logging/logger.js';
import { readId } from '../scripts/path-id.js';
import { CompilationBodies } from './compilation-body.js';
import { CompilationAnswerDto, CompilePlanAnswerDto } from './compilation.dto.js';
import { CompilationEvents } from './compilation-events.js';
import { isOver } from './compilation.js';
import { CompilationsService } from './compilations.service.js';
import { COMPILE_BODY, COMPILE_EXAMPLES, CompileDto } from './compile.dto.js';
import { readCompileRequest } from './compile.request.js';
import { FilmOrders } from './film-order.js';

/** How long a client waits that does not say. */
const DEFAULT_WAIT_SECONDS = 25;

@ApiTags('compilation')
@ApiExtraModels(CompileDto, CompilePlanAnswerDto)
@Controller('api')
export class CompilationController {
  constructor(
    private readonly orders: FilmOrders,
    private readonly compilations: CompilationsService,
    private readonly keys: IdempotencyRepository,
    private readonly bodies: CompilationBodies,
    private readonly events: CompilationEvents,
    private readonly logger: Logger,
  ) {}

  @Post('scripts/:scriptId/compile')
  @ApiOperation({ summary: 'Make one film of a script’s approved takes' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`wait=n` (1–60 s; 25 when absent) answers 200 when it ends in time; `respond-async` never waits.',
  })
  @ApiIdempotencyKey()
  @ApiBody({ schema: COMPILE_BODY, required: false, examples: COMPILE_EXAMPLES })
  @ApiResponse({
    status: 200,
    schema: {
      anyOf: [CompilationAnswerDto, CompilePlanAnswerDto].map((dto) => ({ $ref: getSchemaPath(dto) })),
    },
    description: 'It has ended; with dryRun, its plan',
  })
  @ApiResponse({
    status: 202,
    type: CompilationAnswerDto,
    description: 'Accepted',
    headers: { Location: { description: 'Where it is followed.', schema: { type: 'string' } } },
  })
  @Requires('compile')
  @ApiErrors(400, 404, 409, 413, 415, 422, 503)
  async compile(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Body() body: unknown,
    @Headers() headers: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = idempotencyScope(caller.owner, `compile ${readId(scriptId, 'script')}`);
    const key = readIdempotencyKey(headers['idempotency-key'], scope, body);
    const given = key && (await this.keys.find(key));
    if (given) return sendReplay(reply, given);
    const { options, dryRun } = readCompileRequest(body);
    const order = await this.orders.of(caller, scriptId, options);
    if (dryRun) return void reply.status(200).send(this.bodies.planOf(order));
    const waitSeconds = prefersAsync(headers.prefer)
      ? 0
      : (readWaitSeconds(headers.prefer) ?? DEFAULT_WAIT_SECONDS);
    const { compilationId, answer } = await this.compilations.accept(order, key, waitSeconds);
    if (compilationId === undefined) return sendReplay(reply, answer);
    this.logger.info('compilation-accepted', {
      ...{ requestId: reply.request.id, compilationId, scriptId, userId: order.userId },
    });
    const end = waitSeconds > 0 ? await this.endInTime(compilationId, waitSeconds, key, answer) : undefined;
    if (headers.prefer !== undefined)
      void reply.header('preference-applied', waitSeconds === 0 ? 'respond-async' : `wait=${waitSeconds}`);
    sendStored(reply, end ?? answer);
  }

  @Get('compilations/:compilationId')
  @ApiOperation({ summary: 'Where a compilation stands, and its film' })
  @ApiParam({ name: 'compilationId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: CompilationAnswerDto })
  @Requires('read')
  @ApiErrors(404, 503)
  async find(
    @CalledBy() caller: Caller,
    @Param('compilationId') compilationId: string,
  ): Promise<CompilationAnswerDto> {
    return this.bodies.of(await this.compilations.find(caller, compilationId));
  }

  @Post('compilations/:compilationId/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel a compilation; nothing of it stays stored' })
  @ApiParam({ name: 'compilationId', schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 202, type: CompilationAnswerDto, description: 'Canceled' })
  @Requires('compile')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async cancel(
    @CalledBy() caller: Caller,
    @Param('compilationId') compilationId: string,
    @Req() request: FastifyRequest,
  ): Promise<CompilationAnswerDto> {
    refuseFields(request.body);
    return this.bodies.of(await this.compilations.cancel(caller, compilationId));
  }

  @Get('compilations/:compilationId/events')
  @ApiOperation({
    summary: 'Server-sent events: where it stands now and after each step, until it has ended',
  })
  @ApiParam({ name: 'compilationId', schema: { type: 'string', format: 'uuid' } })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last version that the client saw.' })
  @ApiOkResponse({
    description: '`event: status`, `data:` the same body as GET, `id:` its version; a comment every 15 s',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiResponse({
    status: 204,
    description: 'It has ended and the client has its last event: do not come back',
  })
  @Requires('read')
  @ApiErrors(404, 503)
  async follow(
    @CalledBy() caller: Caller,
    @Param('compilationId') compilationId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.compilations.find(caller, compilationId);
    const lastVersion = /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    if (isOver(found.state) && lastVersion === found.version) return void reply.status(204).send();
    const stream = new EventStream(reply);
    for await (const event of this.events.follow(found, lastVersion, stream.signal)) {
      if (event)
        stream.send({
          event: 'status',
          id: event.version,
          data: JSON.stringify(await this.bodies.of(event)),
        });
      else stream.heartbeat();
    }
    stream.end();
  }

  /** The end as an answer; the compilation is accepted, so whatever fails while waiting leaves it at the 202. */
  private async endInTime(
    compilationId: string,
    seconds: number,
    key: IdempotencyKey | undefined,
    accepted: StoredAnswer,
  ): Promise<StoredAnswer | undefined> {
    try {
      const found = await this.events.endOf(compilationId, seconds * 1_000);
      const end =
        found && isOver(found.state)
          ? { status: 200, location: null, body: JSON.stringify(await this.bodies.of(found)) }
          : undefined;
      if (key) await this.keys.finish(key, end ?? accepted);
      return end;
    } catch (error) {
      this.logger.error('wait-for-end', error, { compilationId });
      return undefined;
    }
  }
}
