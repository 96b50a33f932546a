import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { createCacheRedis } from '../storage/redis.js';
import { TokenBucket } from '../storage/token-bucket.store.js';
import { ReplicateProvider } from './replicate.provider.js';

/** Replicate takes 600 creates a minute from one account and bears short bursts above that. */
const CREATES_PER_SECOND = 10;
const CREATE_BURST = 60;

@Module({
  providers: [
    {
      provide: ReplicateProvider,
      inject: [Settings],
      useFactory: ({ replicate }: Settings) => new ReplicateProvider(replicate.baseUrl, replicate.token),
    },
    {
      provide: TokenBucket,
      inject: [Settings],
      useFactory: ({ redis }: Settings) =>
        new TokenBucket(
          createCacheRedis(redis.queueUrl),
          'replicate:creates',
          CREATE_BURST,
          CREATES_PER_SECOND,
        ),
    },
  ],
  exports: [ReplicateProvider, TokenBucket],
})
export class ProviderModule {}
