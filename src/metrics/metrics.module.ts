import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** Gives every room the process's metrics. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class MetricsModule {}
