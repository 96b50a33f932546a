import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { sees, type Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { sendAnswer } from '../http/answer.js';
import { ApiErrors } from '../http/api-errors.js';
import { jobNotFound } from './cancellation.service.js';
import { StatusDto } from './job.dto.js';
import { readJobId } from './job-id.js';
import { JobStatusReader } from './job-status-reader.js';
import { StatusAnswers } from './status-answer.js';

@ApiTags('jobs')
@Controller('status')
export class StatusController {
  constructor(
    private readonly reader: JobStatusReader,
    private readonly answers: StatusAnswers,
  ) {}

  @Get(':jobId')
  @ApiOperation({ summary: 'Where a job stands' })
  @ApiParam({ name: 'jobId', schema: { type: 'string', format: 'uuid' } })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of the copy you have.' })
  @ApiOkResponse({
    type: StatusDto,
    headers: {
      'X-Cache': {
        description: 'The layer that answered.',
        schema: { enum: ['memory', 'redis', 'dynamodb', 'postgres'] },
      },
      ETag: { description: 'Changes with the status.', schema: { type: 'string' } },
    },
  })
  @ApiResponse({ status: 304, description: 'Your copy is current' })
  @Requires('read')
  @ApiErrors(404, 503)
  async status(
    @CalledBy() caller: Caller,
    @Param('jobId') jobId: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.reader.read(readJobId(jobId));
    if (!found || !sees(caller, found.owner)) throw jobNotFound(jobId);
    sendAnswer(reply, await this.answers.answer(found, ifNoneMatch));
  }
}
