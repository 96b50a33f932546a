import { type DynamicModule, Module } from '@nestjs/common';
import { CompilationSweep } from './compilation/compilation-sweep.js';
import { CompilationWorkModule } from './compilation/compilation-work.module.js';
import { CompileProcessor } from './compilation/compile.processor.js';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { DeadLetterCollector } from './dead-letters/dead-letter-collector.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { Heartbeat } from './health/heartbeat.js';
import { MetricsPort } from './health/metrics-port.js';
import { MetricsReport } from './health/metrics-report.js';
import { QueueBacklog } from './health/queue-backlog.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { IdempotencySweep } from './idempotency/idempotency-sweep.js';
import { CancelPredictionProcessor } from './jobs/cancel-prediction.processor.js';
import { CheckJobProcessor } from './jobs/check-job.processor.js';
import { JobCheckSchedule } from './jobs/job-check-schedule.js';
import { JobWorkModule } from './jobs/job-work.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MediaOutputEntity } from './jobs/media-output.entity.js';
import { MirrorSchedule } from './jobs/mirror-schedule.js';
import { QueueLossWatch } from './jobs/queue-loss-watch.js';
import { StoreOutputsProcessor } from './jobs/store-outputs.processor.js';
import { SubmitJobProcessor } from './jobs/submit-job.processor.js';
import { SurplusSchedule } from './jobs/surplus-schedule.js';
import { SweepOutputsProcessor } from './jobs/sweep-outputs.processor.js';
import type { Logger } from './logging/logger.js';
import { LoggingModule } from './logging/logging.module.js';
import { MediaModule } from './media/media.module.js';
import { TemporaryFolderSweep } from './media/temporary-folder-sweep.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ModelConfigurationEntity } from './models/model-configuration.entity.js';
import { ModelConfigurations } from './models/model-configurations.js';
import { ModelsModule } from './models/models.module.js';
import { Relay } from './outbox/relay.js';
import { QueueModule } from './queue/queue.module.js';
import { StorageModule } from './storage/storage.module.js';
import { TracesFlush } from './tracing/traces-flush.js';
import { ApplyWebhookProcessor } from './webhooks/apply-webhook.processor.js';
import { WebhookInboxSweep } from './webhooks/webhook-inbox-sweep.js';
import { WebhookResend } from './webhooks/webhook-resend.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { DeliveryModule } from './webhooks/out/delivery.module.js';
import { DeliverySchedule } from './webhooks/out/delivery-schedule.js';
import { DeliverySweep } from './webhooks/out/delivery-sweep.js';

/** Nobody waits for the worker's writes to the cache, and a busy machine may hold one up. */
const CACHE_TIMEOUT_MS = 500;

/** THE list of what the worker answers to: the messages it consumes and what it does by the clock. */
@Module({
  imports: [
    CompilationWorkModule,
    DeadLettersModule,
    DeliveryModule,
    IdempotencyModule,
    JobWorkModule,
    JobsModule,
    MediaModule,
    MetricsModule,
    ModelsModule,
    QueueModule,
    WebhooksModule,
  ],
  providers: [
    ApplyWebhookProcessor,
    CancelPredictionProcessor,
    CheckJobProcessor,
    CompileProcessor,
    StoreOutputsProcessor,
    SubmitJobProcessor,
    SweepOutputsProcessor,
    CompilationSweep,
    DeadLetterCollector,
    DeliverySchedule,
    DeliverySweep,
    Heartbeat,
    IdempotencySweep,
    JobCheckSchedule,
    MetricsPort,
    MetricsReport,
    MirrorSchedule,
    ModelConfigurations,
    QueueBacklog,
    QueueLossWatch,
    Relay,
    SurplusSchedule,
    TemporaryFolderSweep,
    TracesFlush,
    WebhookInboxSweep,
    WebhookResend,
  ],
})
export class WorkerModule {
  static of(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        SettingsModule.of(settings),
        LoggingModule.of(logger),
        StorageModule.of([MediaOutputEntity, ModelConfigurationEntity], CACHE_TIMEOUT_MS),
      ],
    };
  }
}
