import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { JobChecksService } from './job-checks.service.js';

@Consume('check-job')
export class CheckJobProcessor extends MessageConsumer<'check-job'> {
  protected readonly messageName = 'check-job';

  constructor(private readonly checks: JobChecksService) {
    super();
  }

  protected handle({ jobId }: { jobId: string }): Promise<void> {
    return this.checks.check(jobId);
  }
}
