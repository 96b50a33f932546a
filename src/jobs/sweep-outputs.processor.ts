import { Consume } from '../queue/consume.js';
import { MessageConsumer, type Delivery } from '../queue/message-consumer.js';
import { OutputsSweepService } from './outputs-sweep.service.js';

@Consume('sweep-outputs')
export class SweepOutputsProcessor extends MessageConsumer<'sweep-outputs'> {
  protected readonly messageName = 'sweep-outputs';

  constructor(private readonly outputs: OutputsSweepService) {
    super();
  }

  protected handle({ jobId }: { jobId: string }, { signal }: Delivery): Promise<void> {
    return this.outputs.sweep(jobId, signal);
  }
}
