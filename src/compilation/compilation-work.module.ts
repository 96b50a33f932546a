import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { MediaSource } from '../media/download.js';
import { FfmpegRunner } from '../media/ffmpeg.js';
import { MediaModule } from '../media/media.module.js';
import { TemporaryFolders } from '../media/temporary-folders.js';
import { MediaStore } from '../storage/media.store.js';
import { bedPolicy } from './bed-policy.js';
import { CompilationBodies } from './compilation-body.js';
import { CompilationWork } from './compilation-work.service.js';
import { CompilationsRepository } from './compilations.repository.js';
import { Compiler } from './compiler.js';
import { FilmInputs } from './film-inputs.js';
import { FilmMaker } from './film-maker.js';
import { FilmProof } from './film-proof.js';
import { FilmStore } from './film-store.js';

/** What the worker alone does with compilations. */
@Module({
  imports: [MediaModule],
  providers: [
    CompilationBodies,
    CompilationWork,
    CompilationsRepository,
    {
      provide: FilmInputs,
      inject: [MediaStore, Settings],
      // Users' URLs are fetched without the provider's token.
      useFactory: (store: MediaStore, settings: Settings) =>
        new FilmInputs(store, new MediaSource(bedPolicy(settings))),
    },
    {
      provide: Compiler,
      inject: [FilmInputs, FfmpegRunner, MediaStore, TemporaryFolders],
      useFactory: (inputs: FilmInputs, ffmpeg: FfmpegRunner, store: MediaStore, folders: TemporaryFolders) =>
        new Compiler(inputs, new FilmMaker(ffmpeg), new FilmProof(ffmpeg), new FilmStore(store), folders),
    },
  ],
  exports: [CompilationBodies, CompilationWork, CompilationsRepository],
})
export class CompilationWorkModule implements OnApplicationShutdown {
  constructor(private readonly inputs: FilmInputs) {}

  async onApplicationShutdown(): Promise<void> {
    await this.inputs.close();
  }
}
