import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { ApplyWebhookService } from './apply-webhook.service.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';

@Module({
  imports: [JobsModule],
  providers: [WebhookInboxRepository, ApplyWebhookService],
  exports: [WebhookInboxRepository, ApplyWebhookService],
})
export class WebhooksModule {}
