import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../access/route-access.decorator.js';
import { Metrics } from '../metrics/metrics.js';

const EXAMPLE = `# HELP vsl_jobs_completed_total Jobs completed, of the whole service
# TYPE vsl_jobs_completed_total counter
vsl_jobs_completed_total{media_type="image",model="flux-schnell"} 3
`;

@ApiTags('health')
@Requires('admin')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiOperation({
    summary: 'Metrics for Prometheus: this process’s, and the jobs and queues of the whole service',
  })
  @ApiOkResponse({
    description: 'Prometheus’ text format 0.0.4',
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
