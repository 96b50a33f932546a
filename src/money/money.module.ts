import { Module } from '@nestjs/common';
import { BudgetsRepository } from './budgets.repository.js';

const SERVICES = [BudgetsRepository];

/** What may be spent, what was, and what was spared. */
@Module({ providers: SERVICES, exports: SERVICES })
export class MoneyModule {}
