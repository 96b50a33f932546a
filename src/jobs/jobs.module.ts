import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { MediaModule } from '../media/media.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ProviderModule } from '../models/provider.module.js';
import { CancellationService } from './cancellation.service.js';
import { GenerationService } from './generation.service.js';
import { JobChecksService } from './job-checks.service.js';
import { JobEvents } from './job-events.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobListRepository } from './job-list.repository.js';
import { JobMirroring } from './job-mirroring.js';
import { JobQueries } from './job-queries.js';
import { JobStatusReader } from './job-status-reader.js';
import { JobWatcher } from './job-watcher.js';
import { JobsRepository } from './jobs.repository.js';
import { OutputsService } from './outputs.service.js';
import { PredictionsService } from './predictions.service.js';
import { StatusPresenter } from './status-presenter.js';
import { StatusAnswers } from './status-answer.js';
import { SubmissionService } from './submission.service.js';

const SERVICES = [
  CancellationService,
  GenerationService,
  JobChecksService,
  JobEvents,
  JobLifecycle,
  JobListRepository,
  JobMirroring,
  JobQueries,
  JobStatusReader,
  JobWatcher,
  JobsRepository,
  OutputsService,
  PredictionsService,
  StatusPresenter,
  StatusAnswers,
  SubmissionService,
];

@Module({
  imports: [IdempotencyModule, MediaModule, ModelsModule, ProviderModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class JobsModule {}
