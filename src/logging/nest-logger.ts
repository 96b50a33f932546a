import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** The context under which NestJS tells an error that ends the start, before it throws that very error on. */
const ENDING = 'ExceptionHandler';

/** Prints NestJS's own messages as log lines; its start-up chatter shows at debug only. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(text: unknown, ...context: unknown[]): void {
    this.logger.debug('framework', { text, context: context.at(-1) });
  }

  warn(text: unknown, ...context: unknown[]): void {
    this.logger.warn('framework', { text, context: context.at(-1) });
  }

  error(text: unknown, ...context: unknown[]): void {
    if (context.at(-1) === ENDING) return;
    this.logger.error('framework', text, { context: context.at(-1) });
  }

  fatal(text: unknown, ...context: unknown[]): void {
    this.error(text, ...context);
  }
}
