import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ProviderModule } from '../models/provider.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { JobChecksService } from './job-checks.service.js';
import { JobMirroring } from './job-mirroring.js';
import { JobStepsRepository } from './job-steps.repository.js';
import { JobsModule } from './jobs.module.js';
import { MirrorBacklogRepository } from './mirror-backlog.repository.js';
import { OutputsService } from './outputs.service.js';
import { OutputsSweepService } from './outputs-sweep.service.js';
import { PredictionCancellationService } from './prediction-cancellation.service.js';
import { PredictionPollService } from './prediction-poll.service.js';
import { StoredObjectsRepository } from './stored-objects.repository.js';
import { SubmissionService } from './submission.service.js';
import { UnclearSubmissionService } from './unclear-submission.service.js';

const SERVICES = [
  JobChecksService,
  JobMirroring,
  JobStepsRepository,
  MirrorBacklogRepository,
  OutputsService,
  OutputsSweepService,
  PredictionCancellationService,
  PredictionPollService,
  StoredObjectsRepository,
  SubmissionService,
  UnclearSubmissionService,
];

/** What the worker alone does with jobs. */
@Module({
  imports: [JobsModule, MediaModule, ModelsModule, ProviderModule, QueueModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class JobWorkModule {}
