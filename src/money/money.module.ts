import { Module } from '@nestjs/common';
import { BudgetsRepository } from './budgets.repository.js';
import { Savings } from './savings.js';
import { UsageRepository } from './usage.repository.js';

const SERVICES = [BudgetsRepository, Savings, UsageRepository];

/** What may be spent, what was, and what was spared. */
@Module({ providers: SERVICES, exports: SERVICES })
export class MoneyModule {}
