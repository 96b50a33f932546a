import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { loadRegistry, ModelRegistry } from './registry.js';

/** Provides the ModelRegistry; a broken registry stops the start with every fault listed. */
@Module({
  providers: [
    {
      provide: ModelRegistry,
      inject: [Settings],
      useFactory: ({ modelsConfig }: Settings) => loadRegistry(modelsConfig.text, modelsConfig.source),
    },
  ],
  exports: [ModelRegistry],
})
export class ModelsModule {}
