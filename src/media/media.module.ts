import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { MediaStore } from '../storage/media.store.js';
import { FfmpegRunner } from './ffmpeg.js';
import { MediaIngest } from './ingest.js';
import { TemporaryFolders } from './temporary-folders.js';

@Module({
  providers: [
    {
      provide: FfmpegRunner,
      inject: [Settings],
      useFactory: ({ media }: Settings) => new FfmpegRunner(media),
    },
    { provide: TemporaryFolders, useFactory: () => new TemporaryFolders() },
    {
      provide: MediaIngest,
      inject: [MediaStore, FfmpegRunner, TemporaryFolders, Settings],
      useFactory: (store: MediaStore, ffmpeg: FfmpegRunner, folders: TemporaryFolders, settings: Settings) =>
        new MediaIngest(store, ffmpeg, folders, {
          source: {
            hosts: settings.media.sourceHosts,
            allowPrivateSources: settings.stage === 'local',
            authorization: {
              origin: new URL(settings.replicate.baseUrl).origin,
              value: `Bearer ${settings.replicate.token}`,
            },
          },
        }),
    },
  ],
  exports: [FfmpegRunner, MediaIngest, TemporaryFolders],
})
export class MediaModule implements OnApplicationShutdown {
  constructor(private readonly ingest: MediaIngest) {}

  async onApplicationShutdown(): Promise<void> {
    await this.ingest.close();
  }
}
