import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { PredictionCancellationService } from './prediction-cancellation.service.js';

@Consume('cancel-prediction')
export class CancelPredictionProcessor extends MessageConsumer<'cancel-prediction'> {
  protected readonly messageName = 'cancel-prediction';

  constructor(private readonly cancellation: PredictionCancellationService) {
    super();
  }

  protected handle({ jobId, replicateId }: { jobId: string; replicateId: string }): Promise<void> {
    return this.cancellation.cancel(jobId, replicateId);
  }
}
