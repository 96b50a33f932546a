import { Consume } from '../queue/consume.js';
import { MessageConsumer } from '../queue/message-consumer.js';
import { SubmissionService } from './submission.service.js';

@Consume('submit-job')
export class SubmitJobProcessor extends MessageConsumer<'submit-job'> {
  protected readonly messageName = 'submit-job';

  constructor(private readonly submission: SubmissionService) {
    super();
  }

  protected handle({ jobId }: { jobId: string }): Promise<void> {
    return this.submission.submit(jobId);
  }
}
