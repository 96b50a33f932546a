import { Module } from '@nestjs/common';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotentTransaction } from './idempotent-transaction.js';

const SERVICES = [IdempotencyRepository, IdempotentTransaction];

@Module({ providers: SERVICES, exports: SERVICES })
export class IdempotencyModule {}
