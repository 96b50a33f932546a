import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ApprovalService } from './approval.service.js';
import { ApprovedTakes } from './approved-takes.js';
import { CharactersRepository } from './characters.repository.js';
import { CharactersService } from './characters.service.js';
import { ScriptEvents } from './script-events.js';
import { ScriptGenerationService } from './script-generation.service.js';
import { ScriptLookup } from './script-lookup.js';
import { ScriptVideos } from './script-videos.js';
import { ScriptsRepository } from './scripts.repository.js';
import { ScriptsService } from './scripts.service.js';
import { TakePresenter } from './take-presenter.js';
import { TakesRepository } from './takes.repository.js';

const SERVICES = [
  ApprovalService,
  ApprovedTakes,
  CharactersRepository,
  CharactersService,
  ScriptEvents,
  ScriptGenerationService,
  ScriptLookup,
  ScriptVideos,
  ScriptsRepository,
  ScriptsService,
  TakePresenter,
  TakesRepository,
];

/** Scripts, characters, takes and their approval. */
@Module({
  imports: [AccessModule, IdempotencyModule, JobsModule, ModelsModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class ScriptsModule {}
