import type { MediaAddresses } from '../storage/media-addresses.js';
import { isFinal, statusOf, type Job, type JobOutput } from './job.js';

/** What a status shows of where things are. */
export type ShownAddresses = Pick<MediaAddresses, 'publicUrl' | 's3Path' | 'archivesAt'>;

/** The body of `GET /status/{jobId}`; absent facts are left out, `replicateId` is null until submitted. */
export function statusBody(job: Job, addresses: ShownAddresses) {
  return {
    jobId: job.jobId,
    status: statusOf(job.state),
    mediaType: job.mediaType,
    modelId: job.modelId,
    userId: job.userId,
    replicateId: job.replicateId,
    createdAt: job.createdAt.toISOString(),
    updatedAt: job.updatedAt.toISOString(),
    ...finalFacts(job, addresses),
    estimatedCost: Number(job.estimatedCost),
  };
}

export type StatusBody = ReturnType<typeof statusBody>;

function finalFacts(job: Job, addresses: ShownAddresses) {
  if (!isFinal(job.state) || !job.completedAt) return {};
  return {
    completedAt: job.completedAt.toISOString(),
    processingTime: job.completedAt.getTime() - job.createdAt.getTime(),
    ...(job.actualCost === null ? {} : { actualCost: Number(job.actualCost) }),
    ...(job.result === null ? {} : { result: resultBody(job, addresses) }),
    ...(job.error === null ? {} : { error: errorBody(job) }),
  };
}

function resultBody(job: Job, addresses: ShownAddresses) {
  const { outputs, metadataKey } = job.result!;
  const files = outputs.map((output) => outputBody(output, addresses));
  const metadataUrl = addresses.publicUrl(metadataKey);
  const archivesAt = addresses.archivesAt(job.completedAt!);
  return {
    ...files[0]!,
    metadataUrl,
    ...(archivesAt === undefined ? {} : { archivesAt: archivesAt.toISOString() }),
    ...(files.length > 1 ? { outputs: files.map((file) => ({ ...file, metadataUrl })) } : {}),
  };
}

function outputBody(output: JobOutput, addresses: ShownAddresses) {
  const { objectKey, thumbnailKey, previewKey, waveformKey } = output;
  return {
    originalUrl: addresses.publicUrl(objectKey),
    s3Path: addresses.s3Path(objectKey),
    fileSize: output.fileSize,
    contentType: output.contentType,
    sha256: output.sha256,
    ...(output.width === undefined ? {} : { width: output.width, height: output.height }),
    ...(output.durationSeconds === undefined ? {} : { duration: output.durationSeconds }),
    ...(thumbnailKey === undefined ? {} : { thumbnailUrl: addresses.publicUrl(thumbnailKey) }),
    ...(previewKey === undefined ? {} : { previewUrl: addresses.publicUrl(previewKey) }),
    ...(waveformKey === undefined ? {} : { waveformUrl: addresses.publicUrl(waveformKey) }),
  };
}

function errorBody(job: Job) {
  const { code, message, retryable } = job.error!;
  return { code, message, retryable };
}
