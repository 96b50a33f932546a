import type { MediaType } from './content-type.js';

/** What decides where a job's files live: the date is the job's creation, never the attempt's. */
export interface MediaPlace {
  mediaType: MediaType;
  userId: string;
  createdAt: Date;
  jobId: string;
}

/** The folder of a job's files: `{mediaType}/{userId}/{YYYY}/{MM}/{DD}/{jobId}`, the date in UTC. */
export function mediaPrefix({ mediaType, userId, createdAt, jobId }: MediaPlace): string {
  const [year, month, day] = createdAt.toISOString().slice(0, 10).split('-');
  return `${mediaType}/${userId}/${year}/${month}/${day}/${jobId}`;
}

/** `index` counts outputs from 0; the second output's file is `original-2.{extension}`. */
export function originalKey(prefix: string, index: number, extension: string): string {
  return `${prefix}/${numbered('original', index)}.${extension}`;
}

export function thumbnailKey(prefix: string, index: number): string {
  return `${prefix}/${numbered('thumbnail', index)}.jpg`;
}

export function previewKey(prefix: string, index: number): string {
  return `${prefix}/${numbered('preview', index)}.gif`;
}

export function waveformKey(prefix: string, index: number): string {
  return `${prefix}/${numbered('waveform', index)}.png`;
}

/** One for the job, whatever the number of its outputs. */
export function metadataKey(prefix: string): string {
  return `${prefix}/metadata.json`;
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}
