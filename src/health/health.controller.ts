import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Open } from '../access/route-access.decorator.js';
import { HealthService } from './health.service.js';
import { LiveDto, ReadyDto } from './health.dto.js';

@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether requests can be served: PostgreSQL decides, the rest is told' })
  @ApiOkResponse({ type: ReadyDto })
  @ApiResponse({
    status: 503,
    type: ReadyDto,
    description: 'PostgreSQL cannot be reached, or the process is stopping',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyDto> {
    const report = await this.health.report();
    void reply.status(report.status === 'ok' ? 200 : 503);
    return report;
  }
}
