import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { JobMirroring } from './job-mirroring.js';

@Consume('mirror-job')
export class MirrorJobProcessor extends MessageConsumer<'mirror-job'> {
  protected readonly messageName = 'mirror-job';

  constructor(private readonly mirroring: JobMirroring) {
    super();
  }

  protected handle({ jobId }: { jobId: string }): Promise<void> {
    return this.mirroring.mirror(jobId);
  }
}
