import { Injectable } from '@nestjs/common';
import { crashPoint } from '../crash-points.js';
import { ReplicateProvider } from '../models/replicate.provider.js';
import { PredictionsService } from './predictions.service.js';

/** Cancels predictions at the provider. */
@Injectable()
export class PredictionCancellationService {
  constructor(
    private readonly provider: ReplicateProvider,
    private readonly predictions: PredictionsService,
  ) {}

  /** Cancels the prediction and applies what the provider answers to its job. */
  async cancel(jobId: string, replicateId: string): Promise<void> {
    const prediction = await this.provider.cancel(replicateId);
    crashPoint('prediction-canceled');
    if (prediction) await this.predictions.apply(jobId, prediction, 'cancel');
  }
}
