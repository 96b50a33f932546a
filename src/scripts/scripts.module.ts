import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ApprovedTakes } from './approved-takes.js';
import { CharactersRepository } from './characters.repository.js';
import { ScriptLookup } from './script-lookup.js';
import { ScriptsRepository } from './scripts.repository.js';
import { TakesRepository } from './takes.repository.js';

const SERVICES = [ApprovedTakes, CharactersRepository, ScriptLookup, ScriptsRepository, TakesRepository];

/** Scripts, characters, takes and their approval. */
@Module({
  imports: [IdempotencyModule, JobsModule, ModelsModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class ScriptsModule {}
