import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { MediaStore } from '../storage/media.store.js';
import { FfmpegRunner } from './ffmpeg.js';
import { MediaIngest } from './ingest.js';

@Module({
  providers: [
    {
      provide: FfmpegRunner,
      inject: [Settings],
      useFactory: ({ media }: Settings) => new FfmpegRunner(media),
    },
    {
      provide: MediaIngest,
      inject: [MediaStore, FfmpegRunner, Settings],
      useFactory: (store: MediaStore, ffmpeg: FfmpegRunner, settings: Settings) =>
        new MediaIngest(store, ffmpeg, {
          source: {
            hosts: settings.media.sourceHosts,
            allowPrivateSources: settings.stage === 'local',
            authorization: `Bearer ${settings.replicate.token}`,
          },
        }),
    },
  ],
  exports: [FfmpegRunner, MediaIngest],
})
export class MediaModule implements OnApplicationShutdown {
  constructor(private readonly ingest: MediaIngest) {}

  async onApplicationShutdown(): Promise<void> {
    await this.ingest.close();
  }
}
