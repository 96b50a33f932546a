import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { JobsRepository } from '../jobs/jobs.repository.js';
import { PredictionsService } from '../jobs/predictions.service.js';
import { Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { readPrediction } from '../models/prediction.js';
import { WebhookInboxRepository, type Delivery } from './webhook-inbox.repository.js';

/** Applies stored webhooks to their jobs. */
@Injectable()
export class ApplyWebhookService {
  constructor(
    private readonly inbox: WebhookInboxRepository,
    private readonly jobs: JobsRepository,
    private readonly predictions: PredictionsService,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  async apply(webhookId: string): Promise<void> {
    const delivery = await this.inbox.find(webhookId);
    if (!delivery) return;
    crashPoint('webhook-read');
    const outcome = await this.applyToJob(delivery);
    this.metrics.webhookApplied(await this.inbox.markApplied(webhookId, outcome));
  }

  /** A word on what came of it. */
  private async applyToJob(delivery: Delivery): Promise<string> {
    const { webhookId, body } = delivery;
    const prediction = readPrediction(JSON.parse(body));
    if (!prediction) return 'no prediction';
    const jobId = await this.jobOf(delivery);
    if (jobId === undefined) {
      this.logger.warn('webhook-of-no-job', { webhookId, replicateId: delivery.replicateId });
      return 'no such job';
    }
    const applied = await this.predictions.apply(jobId, prediction, `webhook ${webhookId}`);
    crashPoint('webhook-applied');
    return applied;
  }

  private async jobOf({ jobId, replicateId }: Delivery): Promise<string | undefined> {
    const job = jobId === null ? await this.jobs.findByReplicateId(replicateId) : await this.jobs.find(jobId);
    return job?.jobId;
  }
}
