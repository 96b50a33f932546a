import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { ReplicateProvider } from './replicate.provider.js';

@Module({
  providers: [
    {
      provide: ReplicateProvider,
      inject: [Settings],
      useFactory: ({ replicate }: Settings) => new ReplicateProvider(replicate.baseUrl, replicate.token),
    },
  ],
  exports: [ReplicateProvider],
})
export class ProviderModule {}
