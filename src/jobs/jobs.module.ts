import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { ModelsModule } from '../models/models.module.js';
import { MoneyModule } from '../money/money.module.js';
import { AcceptedJobsRepository } from './accepted-jobs.repository.js';
import { BudgetedJobs } from './budgeted-jobs.js';
import { CancellationService } from './cancellation.service.js';
import { GenerationService } from './generation.service.js';
import { JobEvents } from './job-events.js';
import { JobFiguresRepository } from './job-figures.repository.js';
import { JobIntake } from './job-intake.js';
import { JobLifecycle } from './job-lifecycle.js';
import { JobListRepository } from './job-list.repository.js';
import { JobQueries } from './job-queries.js';
import { JobStatusReader } from './job-status-reader.js';
import { JobWatcher } from './job-watcher.js';
import { JobsRepository } from './jobs.repository.js';
import { PredictionsService } from './predictions.service.js';
import { StatusPresenter } from './status-presenter.js';
import { StatusAnswers } from './status-answer.js';
import { SurplusPredictionsRepository } from './surplus-predictions.repository.js';

const SERVICES = [
  AcceptedJobsRepository,
  BudgetedJobs,
  CancellationService,
  GenerationService,
  JobEvents,
  JobFiguresRepository,
  JobIntake,
  JobLifecycle,
  JobListRepository,
  JobQueries,
  JobStatusReader,
  JobWatcher,
  JobsRepository,
  PredictionsService,
  StatusPresenter,
  StatusAnswers,
  SurplusPredictionsRepository,
];

/** What both processes need of jobs. */
@Module({
  imports: [IdempotencyModule, ModelsModule, MoneyModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class JobsModule {}
