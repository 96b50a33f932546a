import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Big } from 'big.js';
import { isAdmin, type Caller } from '../access/caller.js';
import { CalledBy, Requires } from '../access/route-access.decorator.js';
import { USER_ID, USER_ID_RULE } from '../access/user-id.js';
import { AppError, invalidParameters } from '../errors.js';
import { ApiErrors } from '../http/api-errors.js';
import { bodyIssues } from '../http/validate-body.js';
import { BudgetDto, SetBudgetDto } from './budget.dto.js';
import { BudgetsRepository, type BudgetStanding } from './budgets.repository.js';

const USER_PARAMETER = { name: 'userId', schema: { type: 'string', pattern: USER_ID.source } } as const;

@ApiTags('money')
@Controller('budgets')
export class BudgetsController {
  constructor(private readonly budgets: BudgetsRepository) {}

  @Put(':userId')
  @ApiOperation({
    summary: 'Limit what a user may spend in a calendar month, or lift the limit',
    description: 'It counts at once, for what has been spent and set aside this month too.',
  })
  @ApiParam(USER_PARAMETER)
  @ApiBody({
    type: SetBudgetDto,
    examples: { limit: { value: { monthlyLimit: 250 } }, lift: { value: { monthlyLimit: null } } },
  })
  @ApiOkResponse({ type: BudgetDto })
  @Requires('admin')
  @ApiErrors(400, 413, 415, 503)
  async set(@Param('userId') userId: string, @Body() body: unknown): Promise<BudgetDto> {
    const issues = [...userIssues(userId), ...bodyIssues(SetBudgetDto, body)];
    if (issues.length > 0) throw invalidParameters(issues);
    const { monthlyLimit } = body as SetBudgetDto;
    await this.budgets.limit({ kind: 'user', id: userId }, monthlyLimit?.toFixed(6) ?? null);
    return asDto(userId, await this.budgets.standingOf(userId));
  }

  @Get(':userId')
  @ApiOperation({
    summary: 'What a user may spend this month, and what is left',
    description: 'For admins, and for keys and tokens that are bound to the user.',
  })
  @ApiParam(USER_PARAMETER)
  @ApiOkResponse({ type: BudgetDto })
  @Requires('read')
  @ApiErrors(400, 503)
  async find(@CalledBy() caller: Caller, @Param('userId') userId: string): Promise<BudgetDto> {
    const issues = userIssues(userId);
    if (issues.length > 0) throw invalidParameters(issues);
    if (!isAdmin(caller) && caller.userId !== userId)
      throw new AppError('forbidden', `Only an admin or a key for the user ${userId} may see that`);
    return asDto(userId, await this.budgets.standingOf(userId));
  }
}

function userIssues(userId: string) {
  return USER_ID.test(userId) ? [] : [{ path: 'userId', ...USER_ID_RULE }];
}

function asDto(userId: string, { month, monthlyLimit, spent, reserved }: BudgetStanding): BudgetDto {
  const left = monthlyLimit === null ? null : new Big(monthlyLimit).minus(spent).minus(reserved);
  return {
    userId,
    month,
    monthlyLimit: monthlyLimit === null ? null : Number(monthlyLimit),
    spent: Number(spent),
    reserved: Number(reserved),
    remaining: left && (left.lt(0) ? 0 : left.toNumber()),
  };
}
