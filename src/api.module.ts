import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access/access.guard.js';
import { AccessModule } from './access/access.module.js';
import { ApiKeysController } from './access/api-keys.controller.js';
import { CompilationController } from './compilation/compilation.controller.js';
import { CompilationModule } from './compilation/compilation.module.js';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { MetricsController } from './health/metrics.controller.js';
import { MetricsPort } from './health/metrics-port.js';
import { MetricsReport } from './health/metrics-report.js';
import { ServiceFigures } from './health/service-figures.js';
import { ErrorFilter } from './http/error.filter.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { GenerationController } from './jobs/generation.controller.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MediaOutputEntity } from './jobs/media-output.entity.js';
import { StatusController } from './jobs/status.controller.js';
import type { Logger } from './logging/logger.js';
import { LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ModelsController } from './models/models.controller.js';
import { ModelsModule } from './models/models.module.js';
import { BudgetsController } from './money/budgets.controller.js';
import { MoneyModule } from './money/money.module.js';
import { UsageController } from './money/usage.controller.js';
import { QueueModule } from './queue/queue.module.js';
import { CharactersController } from './scripts/characters.controller.js';
import { ScriptGenerationController } from './scripts/script-generation.controller.js';
import { ScriptsController } from './scripts/scripts.controller.js';
import { ScriptsModule } from './scripts/scripts.module.js';
import { SectionVideosController } from './scripts/section-videos.controller.js';
import { StorageModule } from './storage/storage.module.js';
import { EndpointsController } from './webhooks/out/endpoints.controller.js';
import { EndpointsModule } from './webhooks/out/endpoints.module.js';
import { TracesFlush } from './tracing/traces-flush.js';
import { ReplicateWebhookController } from './webhooks/replicate-webhook.controller.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** THE list of what the API answers to. */
@Module({
  imports: [
    AccessModule,
    CompilationModule,
    DeadLettersModule,
    EndpointsModule,
    IdempotencyModule,
    JobsModule,
    MetricsModule,
    ModelsModule,
    MoneyModule,
    QueueModule,
    ScriptsModule,
    WebhooksModule,
  ],
  controllers: [
    ApiKeysController,
    BudgetsController,
    CharactersController,
    CompilationController,
    DeadLettersController,
    EndpointsController,
    GenerationController,
    HealthController,
    JobsController,
    MetricsController,
    ModelsController,
    ReplicateWebhookController,
    ScriptGenerationController,
    ScriptsController,
    SectionVideosController,
    StatusController,
    UsageController,
  ],
  providers: [
    HealthService,
    MetricsPort,
    MetricsReport,
    ServiceFigures,
    TracesFlush,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
})
export class ApiModule {
  static of(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: ApiModule,
      imports: [SettingsModule.of(settings), LoggingModule.of(logger), StorageModule.of([MediaOutputEntity])],
    };
  }
}
