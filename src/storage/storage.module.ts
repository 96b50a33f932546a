import { type DynamicModule, Module } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { createDataSource } from './data-source.js';
import { Database } from './database.js';
import { JobMirror } from './job-mirror.store.js';
import { MediaAddresses } from './media-addresses.js';
import { MediaStore } from './media.store.js';
import { Notifications } from './notifications.js';
import { QuotaStore } from './quota.store.js';
import { createCacheRedis } from './redis.js';
import { StatusCache } from './status-cache.store.js';

const POOL_SIZE = 10;

/** A burst of requests may hold up the answers to it; only a Redis that hangs takes so long. */
const QUOTA_TIMEOUT_MS = 1_000;

/** What remembers: PostgreSQL, Redis, DynamoDB and S3, for every room. */
@Module({})
export class StorageModule {
  /**
   * `entities` are those of the rooms that the process runs; `cacheTimeoutMs` is how long a command of the cache may take,
   * as long as a reader waits for it when absent.
   */
  static of(entities: EntityTarget<ObjectLiteral>[], cacheTimeoutMs?: number): DynamicModule {
    const stores = [
      {
        provide: Database,
        inject: [Settings, Logger, Metrics],
        useFactory: ({ databaseUrl }: Settings, logger: Logger, metrics: Metrics) =>
          new Database(
            createDataSource({ url: databaseUrl, poolSize: POOL_SIZE, entities }),
            (error) => logger.error('connect-database', error),
            (ms) => metrics.databaseWritten(ms),
          ),
      },
      {
        provide: Notifications,
        inject: [Settings],
        useFactory: ({ databaseUrl }: Settings) => new Notifications(databaseUrl),
      },
      {
        provide: StatusCache,
        inject: [Settings],
        useFactory: ({ redis }: Settings) =>
          new StatusCache(createCacheRedis(redis.cacheUrl, cacheTimeoutMs)),
      },
      {
        provide: QuotaStore,
        inject: [Settings],
        useFactory: ({ redis }: Settings) =>
          new QuotaStore(createCacheRedis(redis.cacheUrl, QUOTA_TIMEOUT_MS)),
      },
      {
        provide: JobMirror,
        inject: [Settings],
        useFactory: ({ dynamodb, awsRegion }: Settings) => new JobMirror({ ...dynamodb, region: awsRegion }),
      },
      {
        provide: MediaAddresses,
        inject: [Settings],
        useFactory: ({ s3, awsRegion }: Settings) => new MediaAddresses({ ...s3, region: awsRegion }),
      },
      {
        provide: MediaStore,
        inject: [Settings, Metrics],
        useFactory: ({ s3, awsRegion }: Settings, metrics: Metrics) =>
          new MediaStore({ ...s3, region: awsRegion, stored: (ms) => metrics.objectStored(ms) }),
      },
    ];
    return {
      module: StorageModule,
      global: true,
      providers: stores,
      exports: stores.map((store) => store.provide),
    };
  }
}
