import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../../idempotency/idempotency.module.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { EndpointsService } from './endpoints.service.js';

/** What the API needs of users' endpoints. */
@Module({
  imports: [IdempotencyModule],
  providers: [DeliveryLogRepository, EndpointsRepository, EndpointsService],
  exports: [EndpointsService],
})
export class EndpointsModule {}
