import type { CompileOptions, OutputFormat } from './compile-options.js';
import { HLS_SEGMENT_SECONDS } from './arguments/encoders.js';

/** Where the files of a compilation lie. */
export interface FilmPlace {
  scriptId: string;
  compilationId: string;
}

const FORMATS: Record<OutputFormat, { extension: string; contentType: string; demuxer: string }> = {
  mp4: { extension: 'mp4', contentType: 'video/mp4', demuxer: 'mov' },
  mov: { extension: 'mov', contentType: 'video/quicktime', demuxer: 'mov' },
  mkv: { extension: 'mkv', contentType: 'video/x-matroska', demuxer: 'matroska' },
  webm: { extension: 'webm', contentType: 'video/webm', demuxer: 'matroska' },
  avi: { extension: 'avi', contentType: 'video/x-msvideo', demuxer: 'avi' },
  gif: { extension: 'gif', contentType: 'image/gif', demuxer: 'gif' },
  hls: { extension: 'm3u8', contentType: 'application/vnd.apple.mpegurl', demuxer: 'hls' },
};

export const SEGMENT_CONTENT_TYPE = 'video/mp2t';
/** The name of an HLS segment, as FFmpeg numbers them. */
export const SEGMENT_PATTERN = 'segment-%05d.ts';

/** How a film of that format is named, served and read again. */
export function formatOf(outputFormat: OutputFormat) {
  return FORMATS[outputFormat];
}

export function filmPrefix({ scriptId, compilationId }: FilmPlace): string {
  return `compiled/${scriptId}/${compilationId}`;
}

export function filmKey(place: FilmPlace, outputFormat: OutputFormat): string {
  return `${filmPrefix(place)}/final-${place.scriptId}.${FORMATS[outputFormat].extension}`;
}

export function filmMetadataKey(place: FilmPlace): string {
  return `${filmPrefix(place)}/metadata.json`;
}

export function captionsKey(place: FilmPlace, extension: 'srt' | 'vtt'): string {
  return `${filmPrefix(place)}/captions.${extension}`;
}

/** Every key that a compilation may have written, whatever became of it. */
export function possibleKeys(place: FilmPlace, options: CompileOptions, filmSeconds: number): string[] {
  const most = options.outputFormat === 'hls' ? Math.ceil(filmSeconds / HLS_SEGMENT_SECONDS) + 1 : 0;
  const segments = Array.from({ length: most }, (_, index) => segmentName(index));
  return [
    filmKey(place, options.outputFormat),
    filmMetadataKey(place),
    captionsKey(place, 'srt'),
    captionsKey(place, 'vtt'),
    ...segments.map((name) => `${filmPrefix(place)}/${name}`),
  ];
}

function segmentName(index: number): string {
  return `segment-${String(index).padStart(5, '0')}.ts`;
}
