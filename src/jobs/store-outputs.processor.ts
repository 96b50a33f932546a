import { Consume } from '../queue/consume.js';
import { MessageConsumer, type Delivery } from '../queue/message-consumer.js';
import { OutputsService } from './outputs.service.js';

@Consume('store-outputs')
export class StoreOutputsProcessor extends MessageConsumer<'store-outputs'> {
  protected readonly messageName = 'store-outputs';

  constructor(private readonly outputs: OutputsService) {
    super();
  }

  protected handle({ jobId }: { jobId: string }, delivery: Delivery): Promise<void> {
    return this.outputs.store(jobId, delivery);
  }
}
