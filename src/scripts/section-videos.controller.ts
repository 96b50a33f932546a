import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { EventStream } from '../http/event-stream.js';
import { PageQuery } from '../http/page-query.dto.js';
import { ApprovalService } from './approval.service.js';
import { readVerdict } from './generate-script.request.js';
import { pageOf, positionOf } from './list-cursor.js';
import { isOver, ScriptEvents } from './script-events.js';
import { ScriptVideos } from './script-videos.js';
import { ReviewDto, TakeDto, TakeListDto } from './take.dto.js';
import { TakePresenter } from './take-presenter.js';

@ApiTags('scripts')
@Controller('api')
export class SectionVideosController {
  constructor(
    private readonly videos: ScriptVideos,
    private readonly events: ScriptEvents,
    private readonly approval: ApprovalService,
    private readonly presenter: TakePresenter,
  ) {}

  @Get('scripts/:scriptId/videos')
  @ApiOperation({ summary: 'The takes of a script, newest first' })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: TakeListDto })
  @Requires('read')
  @ApiErrors(400, 404, 503)
  async list(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<TakeListDto> {
    const { takes, hashes } = await this.videos.page(caller, scriptId, positionOf(cursor), limit + 1);
    const { entries, nextCursor } = pageOf(takes, limit, ({ videoId }) => videoId);
    const items = await Promise.all(entries.map((take) => this.presenter.present(take, hashes)));
    return { items, nextCursor };
  }

  @Get('scripts/:scriptId/events')
  @ApiOperation({
    summary: 'Server-sent events: every take now and each later change, until none is under way',
  })
  @ApiParam({ name: 'scriptId', schema: { type: 'string', format: 'uuid' } })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Sends the takes that have changed since that event, as they are now.',
  })
  @ApiOkResponse({
    description: '`event: take`, `data:` the take, `id:` the time of its change; a comment every 15 s',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiResponse({
    status: 204,
    description: 'No take is under way and there is nothing to tell: do not come back',
  })
  @Requires('read')
  @ApiErrors(404, 503)
  async follow(
    @CalledBy() caller: Caller,
    @Param('scriptId') scriptId: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const first = await this.videos.all(caller, scriptId);
    const lastId = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    if (isOver(first, lastId)) return void reply.status(204).send();
    const stream = new EventStream(reply);
    for await (const event of this.events.follow(caller, first, scriptId, lastId, stream.signal)) {
      if (event) stream.send({ event: 'take', id: event.id, data: event.body });
      else stream.heartbeat();
    }
    stream.end();
  }

  @Post('section-videos/:videoId/approve')
  @HttpCode(200)
  @ApiOperation({ summary: 'Approve a take: its section’s approval moves to it' })
  @ApiParam({ name: 'videoId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: ReviewDto, required: false })
  @ApiOkResponse({ type: TakeDto })
  @Requires('approve')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async approve(
    @CalledBy() caller: Caller,
    @Param('videoId') videoId: string,
    @Req() request: FastifyRequest,
  ): Promise<TakeDto> {
    return this.approval.review(caller, videoId, readVerdict('approved', request.body));
  }

  @Post('section-videos/:videoId/reject')
  @HttpCode(200)
  @ApiOperation({ summary: 'Reject a take: generating its section again makes another' })
  @ApiParam({ name: 'videoId', schema: { type: 'string', format: 'uuid' } })
  @ApiBody({ type: ReviewDto, required: false })
  @ApiOkResponse({ type: TakeDto })
  @Requires('approve')
  @ApiErrors(400, 404, 409, 413, 415, 503)
  async reject(
    @CalledBy() caller: Caller,
    @Param('videoId') videoId: string,
    @Req() request: FastifyRequest,
  ): Promise<TakeDto> {
    return this.approval.review(caller, videoId, readVerdict('rejected', request.body));
  }
}
