import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { ScriptsModule } from '../scripts/scripts.module.js';
import { CompilationBodies } from './compilation-body.js';
import { CompilationEvents } from './compilation-events.js';
import { CompilationsRepository } from './compilations.repository.js';
import { CompilationsService } from './compilations.service.js';
import { FilmOrders } from './film-order.js';
import { StoredMediaRepository } from './stored-media.repository.js';

const SERVICES = [
  CompilationBodies,
  CompilationEvents,
  CompilationsRepository,
  CompilationsService,
  FilmOrders,
  StoredMediaRepository,
];

/** What the API needs of compilations. */
@Module({
  imports: [IdempotencyModule, ScriptsModule],
  providers: SERVICES,
  exports: SERVICES,
})
export class CompilationModule {}
