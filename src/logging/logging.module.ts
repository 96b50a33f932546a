import { type DynamicModule, Module } from '@nestjs/common';
import { Logger } from './logger.js';

/** Gives every room the process's logger. */
@Module({})
export class LoggingModule {
  static of(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: Logger, useValue: logger }],
      exports: [Logger],
    };
  }
}
