import type { GenerationLimits } from '../../../src/access/generation-limits.js';
import { IdempotencyRepository } from '../../../src/idempotency/idempotency.repository.js';
import { IdempotentTransaction } from '../../../src/idempotency/idempotent-transaction.js';
import { AcceptedJobsRepository } from '../../../src/jobs/accepted-jobs.repository.js';
import { BudgetedJobs } from '../../../src/jobs/budgeted-jobs.js';
import type { JobStatusReader } from '../../../src/jobs/job-status-reader.js';
import { BudgetsRepository } from '../../../src/money/budgets.repository.js';
import { ApprovalService } from '../../../src/scripts/approval.service.js';
import { ApprovedTakes } from '../../../src/scripts/approved-takes.js';
import { CharactersRepository } from '../../../src/scripts/characters.repository.js';
import { CharactersService } from '../../../src/scripts/characters.service.js';
import { ScriptGenerationService } from '../../../src/scripts/script-generation.service.js';
import { ScriptLookup } from '../../../src/scripts/script-lookup.js';
import { ScriptVideos } from '../../../src/scripts/script-videos.js';
import { ScriptsRepository } from '../../../src/scripts/scripts.repository.js';
import { ScriptsService } from '../../../src/scripts/scripts.service.js';
import { TakePresenter } from '../../../src/scripts/take-presenter.js';
import { TakesRepository } from '../../../src/scripts/takes.repository.js';
import { type Database } from '../../../src/storage/database.js';
import { MediaAddresses } from '../../../src/storage/media-addresses.js';
import { registry } from '../../unit/models/registry-file.js';

/** Nobody reads statuses here. */
const unread = { noteShown: () => undefined } as unknown as JobStatusReader;

/** Nobody counts generations here. */
const unlimited = {
  take: async () => ({ limit: 100, remaining: 100, resetSeconds: 3_600 }),
} as unknown as GenerationLimits;

/** The services of a process that works with scripts. */
export function scriptRoom(database: Database) {
  const repositories = [new ScriptsRepository(), new CharactersRepository(), new TakesRepository()] as const;
  const [scripts, characters, takes] = repositories;
  const lookup = new ScriptLookup(...repositories);
  const media = new MediaAddresses({ bucket: 'media', region: 'us-east-1', urls: 'public' });
  return {
    scripts: new ScriptsService(database, lookup, ...repositories, registry),
    characters: new CharactersService(database, lookup, characters, scripts, takes, registry),
    generation: new ScriptGenerationService(
      database,
      lookup,
      takes,
      new BudgetedJobs(database, new AcceptedJobsRepository(database), new BudgetsRepository(database)),
      unlimited,
      registry,
    ),
    approval: new ApprovalService(database, lookup, takes, new TakePresenter(media, unread), registry),
    videos: new ScriptVideos(database, lookup, takes, registry),
    approved: new ApprovedTakes(database, lookup, takes, registry),
    transaction: new IdempotentTransaction(database, new IdempotencyRepository(database)),
  };
}

export type ScriptRoom = ReturnType<typeof scriptRoom>;
