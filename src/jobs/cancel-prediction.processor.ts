import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { CancellationService } from './cancellation.service.js';

@Consume('cancel-prediction')
export class CancelPredictionProcessor extends MessageConsumer<'cancel-prediction'> {
  protected readonly messageName = 'cancel-prediction';

  constructor(private readonly cancellation: CancellationService) {
    super();
  }

  protected handle({ jobId, replicateId }: { jobId: string; replicateId: string }): Promise<void> {
    return this.cancellation.cancelPrediction(jobId, replicateId);
  }
}
