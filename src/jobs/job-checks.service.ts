import { Injectable } from '@nestjs/common';
import { sendMessages } from '../outbox/outbox.js';
import { MessageQueue } from '../queue/message-queue.js';
import { message, type Message } from '../queue/messages.js';
import { Database } from '../storage/database.js';
import { JobsRepository } from './jobs.repository.js';
import { PredictionPollService } from './prediction-poll.service.js';
import { submitMessage } from './submission.service.js';
import { UnclearSubmissionService } from './unclear-submission.service.js';

/** When to look again at a job whose message is where it should be. */
const WAITING_CHECK_SECONDS = 60;

/** Looks again at an open job of which nothing was heard in time, and brings it on: webhooks and messages can be lost. */
@Injectable()
export class JobChecksService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly submissions: UnclearSubmissionService,
    private readonly polls: PredictionPollService,
    private readonly queue: MessageQueue,
    private readonly database: Database,
  ) {}

  async check(jobId: string): Promise<void> {
    const job = await this.jobs.find(jobId);
    switch (job?.state) {
      case 'pending':
        return this.sendAgain(jobId, submitMessage(job));
      case 'submitting':
        return this.submissions.settle(job);
      case 'processing':
        return this.polls.poll(job);
      case 'storing':
        return this.sendAgain(jobId, message('store-outputs', { jobId }));
      default:
        return;
    }
  }

  /** Sends the message that the job waits for, unless it is in its queue still. */
  private async sendAgain(jobId: string, wanted: Message): Promise<void> {
    if (await this.queue.has(wanted)) return this.jobs.postponeCheck(jobId, WAITING_CHECK_SECONDS);
    await sendMessages(this.database, [wanted]);
  }
}
