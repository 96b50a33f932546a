import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { ScheduledTask } from '../schedule/scheduled-task.js';
import { Database } from '../storage/database.js';
import { ModelConfigurationEntity } from './model-configuration.entity.js';
import { ModelRegistry } from './registry.js';

const INTERVAL_MS = 5_000;

/** Records the loaded registry in PostgreSQL at start, as soon as it answers. */
@Injectable()
export class ModelConfigurations extends ScheduledTask {
  private recorded = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly database: Database,
    logger: Logger,
  ) {
    super('record-models', INTERVAL_MS, logger);
  }

  async run(): Promise<boolean> {
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
