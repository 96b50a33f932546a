import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Big } from 'big.js';
import type { FastifyReply } from 'fastify';
import { seenOwner, type Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { ApiErrors } from '../http/api-errors.js';
import { prefersCsv, usageCsv } from './usage-csv.js';
import { UsageDto, UsageQuery, type SavedDto, type UsageSumDto } from './usage.dto.js';
import { UsageRepository, type SavingSum, type UsageSum } from './usage.repository.js';
import { usagePeriod } from './usage-period.js';

@ApiTags('money')
@ApiExtraModels(UsageDto)
@Controller('usage')
export class UsageController {
  constructor(private readonly usage: UsageRepository) {}

  @Get()
  @ApiOperation({
    summary:
      'What the caller’s jobs used and cost, by day, model, user, script or key; an admin sees everybody’s',
    description: '`Accept: text/csv` answers the items as a file for spreadsheets.',
  })
  @ApiOkResponse({
    description: 'OK',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/UsageDto' } },
      'text/csv': { schema: { type: 'string' } },
    },
    headers: {
      'Content-Disposition': { description: 'A name for the file of CSV.', schema: { type: 'string' } },
    },
  })
  @Requires('read')
  @ApiErrors(400, 503)
  async find(
    @CalledBy() caller: Caller,
    @Query() query: UsageQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const body = await this.read(seenOwner(caller), query);
    void reply.header('vary', 'Accept');
    if (!prefersCsv(accept)) return void reply.send(body);
    const name = `usage-by-${query.groupBy}-${body.from}-${body.to}.csv`;
    void reply
      .type('text/csv; charset=utf-8; header=present')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(usageCsv(body.items));
  }

  private async read(owner: string | undefined, query: UsageQuery): Promise<UsageDto> {
    const period = usagePeriod(query, new Date());
    const [{ total, groups }, saved] = await Promise.all([
      this.usage.sum(period, query.groupBy, owner),
      this.usage.saved(period, owner),
    ]);
    const items = groups.map((sum) => Object.assign(sumBody(sum), { group: sum.group }));
    return { ...period, items, total: sumBody(total), saved: savedBody(saved) };
  }
}

function sumBody({ jobs, completed, failed, estimatedCost, actualCost, seconds }: UsageSum): UsageSumDto {
  const costs = { estimatedCost: Number(estimatedCost), actualCost: Number(actualCost) };
  return { jobs, completed, failed, ...costs, seconds: Number(seconds) };
}

function savedBody(savings: SavingSum[]): SavedDto {
  return {
    requests: savings.reduce((sum, { requests }) => sum + requests, 0),
    amount: savings.reduce((sum, { amount }) => sum.plus(amount), new Big(0)).toNumber(),
    reasons: savings.map(({ amount, ...saving }) => ({ ...saving, amount: Number(amount) })),
  };
}
