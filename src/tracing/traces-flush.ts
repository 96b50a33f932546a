import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { flushTraces } from './tracing.js';

/** Sends what was traced last before the process ends. */
@Injectable()
export class TracesFlush implements OnApplicationShutdown {
  constructor(private readonly logger: Logger) {}

  async onApplicationShutdown(): Promise<void> {
    await flushTraces().catch((error: unknown) => this.logger.error('flush-traces', error));
  }
}
