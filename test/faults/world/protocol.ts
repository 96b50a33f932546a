import 'reflect-metadata';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readSettings } from '../../../src/config/settings.js';
import { CancellationService } from '../../../src/jobs/cancellation.service.js';
import { GenerationService } from '../../../src/jobs/generation.service.js';
import { JobLifecycle } from '../../../src/jobs/job-lifecycle.js';
import { JobsModule } from '../../../src/jobs/jobs.module.js';
import { JobsRepository } from '../../../src/jobs/jobs.repository.js';
import { MediaOutputEntity } from '../../../src/jobs/media-output.entity.js';
import { PredictionsService } from '../../../src/jobs/predictions.service.js';
import { SettingsModule } from '../../../src/config/settings.module.js';
import { Logger } from '../../../src/logging/logger.js';
import { LoggingModule } from '../../../src/logging/logging.module.js';
import { MetricsModule } from '../../../src/metrics/metrics.module.js';
import { ModelsModule } from '../../../src/models/models.module.js';
import { ModelRegistry } from '../../../src/models/registry.js';
import { Database } from '../../../src/storage/database.js';
import { StorageModule } from '../../../src/storage/storage.module.js';
import { ApplyWebhookService } from '../../../src/webhooks/apply-webhook.service.js';
import { WebhookInboxRepository } from '../../../src/webhooks/webhook-inbox.repository.js';
import { WebhooksModule } from '../../../src/webhooks/webhooks.module.js';
import type { Environment } from '../../support/app-process.js';
import { takeTurns } from './turns.js';

/** The services by which a job's life goes on, wired as the product wires them; nothing is sent to anyone. */
export interface Protocol {
  registry: ModelRegistry;
  generation: GenerationService;
  jobs: JobsRepository;
  lifecycle: JobLifecycle;
  predictions: PredictionsService;
  cancellation: CancellationService;
  inbox: WebhookInboxRepository;
  webhooks: ApplyWebhookService;
  close(): Promise<void>;
}

@Module({})
class ProtocolModule {}

export async function openProtocol(env: Environment): Promise<Protocol> {
  const settings = readSettings(env);
  const context: INestApplicationContext = await NestFactory.createApplicationContext(
    {
      module: ProtocolModule,
      imports: [
        ...[SettingsModule.of(settings), LoggingModule.of(new Logger('silent'))],
        ...[MetricsModule, StorageModule.of([MediaOutputEntity]), JobsModule, ModelsModule, WebhooksModule],
      ],
    },
    { logger: false, abortOnError: false },
  );
  takeTurns(context.get(Database));
  const get = <T>(service: new (...dependencies: never[]) => T) => context.get<T>(service, { strict: false });
  return {
    registry: get(ModelRegistry),
    generation: get(GenerationService),
    jobs: get(JobsRepository),
    lifecycle: get(JobLifecycle),
    predictions: get(PredictionsService),
    cancellation: get(CancellationService),
    inbox: get(WebhookInboxRepository),
    webhooks: get(ApplyWebhookService),
    close: () => context.close(),
  };
}
