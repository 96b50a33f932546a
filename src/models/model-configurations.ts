import { createHash } from 'node:crypto';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { PeriodicTask } from '../schedule/periodic-task.js';
import { Database } from '../storage/database.js';
import { ModelConfigurationEntity } from './model-configuration.entity.js';
import { ModelRegistry } from './registry.js';

const INTERVAL_MS = 5_000;

/** Records the loaded registry in PostgreSQL at start, as soon as it answers. */
@Injectable()
export class ModelConfigurations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: PeriodicTask;
  private recorded = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly database: Database,
    logger: Logger,
  ) {
    this.task = new PeriodicTask(
      () => this.recordOnce(),
      INTERVAL_MS,
      (error) => logger.error('record-models', error),
    );
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  private async recordOnce(): Promise<boolean> {
    if (this.recorded) return false;
    const rows = this.registry.list().map((model) => ({
      modelId: model.modelId,
      fingerprint: createHash('sha256').update(JSON.stringify(model)).digest('hex'),
      configuration: model,
    }));
    const insert = this.database.manager.createQueryBuilder().insert().into(ModelConfigurationEntity);
    await insert.values(rows).orIgnore().execute();
    this.recorded = true;
    return false;
  }
}
