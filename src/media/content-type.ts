import { fileTypeFromBuffer } from 'file-type';
import { AppError } from '../errors.js';

export type MediaType = 'image' | 'video' | 'audio';

/** How a kind of file is named, served, and forced upon FFmpeg's demuxer (pictures are not FFmpeg's to read). */
export interface FileKind {
  extension: string;
  contentType: string;
  demuxer?: string;
}

/** The first bytes that tell a kind; file-type's own sample size. */
export const SNIFF_BYTES = 4100;

const MP4: FileKind = { extension: 'mp4', contentType: 'video/mp4', demuxer: 'mov' };
const OGG: FileKind = { extension: 'ogg', contentType: 'audio/ogg', demuxer: 'ogg' };

/** By what file-type calls the content. A kind that is not here is not stored. */
const KINDS: Record<MediaType, Record<string, FileKind>> = {
  image: {
    'image/png': { extension: 'png', contentType: 'image/png' },
    'image/jpeg': { extension: 'jpg', contentType: 'image/jpeg' },
    'image/webp': { extension: 'webp', contentType: 'image/webp' },
  },
  video: {
    'video/mp4': MP4,
    'video/x-m4v': MP4,
    'video/webm': { extension: 'webm', contentType: 'video/webm', demuxer: 'matroska' },
    'video/quicktime': { extension: 'mov', contentType: 'video/quicktime', demuxer: 'mov' },
  },
  audio: {
    'audio/mpeg': { extension: 'mp3', contentType: 'audio/mpeg', demuxer: 'mp3' },
    'audio/wav': { extension: 'wav', contentType: 'audio/wav', demuxer: 'wav' },
    'audio/ogg': OGG,
    'audio/ogg; codecs=opus': OGG,
    'audio/flac': { extension: 'flac', contentType: 'audio/flac', demuxer: 'flac' },
    'audio/x-m4a': { extension: 'm4a', contentType: 'audio/mp4', demuxer: 'mov' },
    'audio/aac': { extension: 'aac', contentType: 'audio/aac', demuxer: 'aac' },
  },
};

/** The kind of file that `head` (its first bytes) begins; AppError `output_invalid` when it is none of `mediaType`'s. */
export async function sniffKind(mediaType: MediaType, head: Uint8Array): Promise<FileKind> {
  const found = (await fileTypeFromBuffer(head))?.mime;
  const kind = found === undefined ? undefined : KINDS[mediaType][found];
  if (kind) return kind;
  const allowed = [...new Set(Object.values(KINDS[mediaType]).map(({ extension }) => extension))].join(', ');
  throw new AppError(
    'output_invalid',
    `The output's content is ${found ?? 'of no known media type'}; ${mediaType} jobs store ${allowed}`,
  );
}
