import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { ApplyWebhookService } from './apply-webhook.service.js';

@Consume('apply-webhook')
export class ApplyWebhookProcessor extends MessageConsumer<'apply-webhook'> {
  protected readonly messageName = 'apply-webhook';

  constructor(private readonly webhooks: ApplyWebhookService) {
    super();
  }

  protected handle({ webhookId }: { webhookId: string }): Promise<void> {
    return this.webhooks.apply(webhookId);
  }
}
