import { Injectable } from '@nestjs/common';
import { JobStatusReader } from '../jobs/job-status-reader.js';
import { statusOf } from '../jobs/job.js';
import { MediaAddresses } from '../storage/media-addresses.js';
import type { Take } from './script.js';
import type { TakeDto } from './take.dto.js';

/** Whether the take was made of something else than its section is now. */
export function isStale(take: Take, hashes: ReadonlyMap<string, string>): boolean {
  return hashes.get(take.sectionId) !== take.inputHash;
}

/** Makes of a take what a client is shown, with URLs as MEDIA_URLS has them. */
@Injectable()
export class TakePresenter {
  constructor(
    private readonly addresses: MediaAddresses,
    private readonly statuses: JobStatusReader,
  ) {}

  /** `hashes` are those of the script's sections as they are now. An approval holds only while its take is current. */
  async present(take: Take, hashes: ReadonlyMap<string, string>): Promise<TakeDto> {
    this.statuses.noteShown({ jobId: take.jobId, version: take.jobVersion });
    const stale = isStale(take, hashes);
    const file = take.result?.outputs[0];
    return {
      videoId: take.videoId,
      sectionId: take.sectionId,
      jobId: take.jobId,
      take: take.take,
      status: statusOf(take.state),
      approval: stale && take.approval === 'approved' ? 'pending' : take.approval,
      stale,
      url: file ? await this.addresses.url(file.objectKey) : null,
      thumbnailUrl: file?.thumbnailKey === undefined ? null : await this.addresses.url(file.thumbnailKey),
      durationSeconds: file?.durationSeconds ?? null,
      comment: take.comment,
      reviewedAt: take.reviewedAt?.toISOString() ?? null,
    };
  }
}
