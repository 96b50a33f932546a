import { Injectable } from '@nestjs/common';
import { sees, type Caller } from '../access/caller.js';
import { Settings } from '../config/settings.js';
import { AppError, invalidParameters } from '../errors.js';
import { checkSourceUrl } from '../media/source-address.js';
import { ApprovedTakes, type ApprovedTake } from '../scripts/approved-takes.js';
import { bedPolicy } from './bed-policy.js';
import type { Clip } from './clip.js';
import type { NewCompilation } from './compilation.js';
import type { AudioBed, CompileOptions } from './compile-options.js';
import type { BedSource } from './film-inputs.js';
import { planCompilation } from './plan.js';
import { StoredMediaRepository, type StoredMedia } from './stored-media.repository.js';

/** A film as it will be made, before it has an id. */
export type FilmOrder = Omit<NewCompilation, 'compilationId'>;

/** Turns a script and a request into the order of a film. */
@Injectable()
export class FilmOrders {
  constructor(
    private readonly approved: ApprovedTakes,
    private readonly media: StoredMediaRepository,
    private readonly settings: Settings,
  ) {}

  /**
   * Throws `not_found`, `conflict` that names the sections without an approved take, `invalid_parameters` for a sound
   * that cannot be used, `unprocessable` for clips that the film cannot be made of.
   */
  async of(caller: Caller, scriptId: string, options: CompileOptions): Promise<FilmOrder> {
    this.refuseUnplayable(options);
    const script = await this.approved.ofScript(caller, scriptId);
    if (script.takes.length === 0)
      throw new AppError('conflict', 'The script has no sections: there is nothing to compile');
    const [clips, bed] = await Promise.all([
      this.clips(script.takes),
      options.audio && this.bed(options.audio, caller, script.userId),
    ]);
    const plan = planCompilation(clips, options);
    const { owner, userId } = script;
    return { scriptId: script.scriptId, owner, userId, options, clips, bed, plan };
  }

  private async clips(takes: ApprovedTake[]): Promise<Clip[]> {
    const media = await this.media.ofJobs(takes.map(({ jobId }) => jobId));
    const missing = takes.filter(({ jobId }) => !media.has(jobId));
    if (missing.length === 0) return takes.map((take) => clipOf(take, media.get(take.jobId)!));
    const names = missing.map(({ sectionId, videoId }) => `section ${sectionId} (videoId ${videoId})`);
    throw new AppError(
      'conflict',
      `The approved take has no stored file: ${names.join(', ')}. Approve another`,
    );
  }

  private async bed({ source }: AudioBed, caller: Caller, userId: string): Promise<BedSource> {
    if ('url' in source) {
      this.checkUrl(source.url);
      return source;
    }
    const media = (await this.media.ofJobs([source.jobId])).get(source.jobId);
    if (media?.mediaType !== 'audio' || media.userId !== userId || !sees(caller, media.owner)) {
      const message = "audio.jobId must be the id of a completed audio job of the script's user";
      throw invalidParameters([{ path: 'audio.jobId', message }]);
    }
    const { objectKey, contentType, bytes, sha256 } = media;
    return { objectKey, contentType, bytes, sha256 };
  }

  private checkUrl(url: string): void {
    try {
      checkSourceUrl(url, undefined, bedPolicy(this.settings));
    } catch (cause) {
      const message = 'audio.url must be an https URL of a public host, without user name, password or port';
      throw new AppError('invalid_parameters', message, {
        issues: [{ path: 'audio.url', message }],
        cause,
      });
    }
  }

  /** A signed playlist would name segments that nobody may fetch. */
  private refuseUnplayable({ outputFormat }: CompileOptions): void {
    if (outputFormat !== 'hls' || this.settings.s3.urls === 'public') return;
    const message = 'outputFormat hls needs public media URLs, which this service does not give: choose mp4';
    throw invalidParameters([{ path: 'outputFormat', message }]);
  }
}

function clipOf(take: ApprovedTake, media: StoredMedia): Clip {
  const { sectionId, position, title, narration, mediaType, videoId, jobId } = take;
  const { objectKey, contentType, bytes, sha256, width, height, durationSeconds, signature } = media;
  return {
    ...{ videoId, sectionId, jobId, position, title, narration, mediaType },
    ...{ objectKey, contentType, bytes, sha256, width, height, durationSeconds, signature },
  };
}
