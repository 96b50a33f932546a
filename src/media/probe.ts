import { AppError } from '../errors.js';

/** Rational numbers stand as ffprobe prints them (`24000/1001`): a compilation compares them exactly. */
export interface VideoSignature {
  codec: string;
  profile: string | null;
  level: number | null;
  /** The coded picture; `rotation` (degrees clockwise: 0, 90, 180, 270) says how it is shown. */
  width: number;
  height: number;
  sampleAspectRatio: string;
  frameRate: string;
  averageFrameRate: string;
  timeBase: string;
  pixelFormat: string | null;
  colorRange: string | null;
  colorSpace: string | null;
  colorTransfer: string | null;
  colorPrimaries: string | null;
  fieldOrder: string | null;
  rotation: number;
  frames: number | null;
  startSeconds: number | null;
  durationSeconds: number | null;
  /** SHA-256 of the parameter sets: streams whose sets differ cannot share one track. */
  parameterSets: string | null;
}

export interface AudioSignature {
  codec: string;
  profile: string | null;
  sampleRateHz: number;
  channels: number;
  channelLayout: string | null;
  timeBase: string;
  startSeconds: number | null;
  durationSeconds: number | null;
  parameterSets: string | null;
}

/** What the streams of a file are: stored with the file, so that planning a compilation needs no probe. */
export interface StreamSignature {
  container: string;
  brand: string | null;
  durationSeconds: number | null;
  videoStreams: number;
  audioStreams: number;
  video: VideoSignature | null;
  audio: AudioSignature | null;
}

type Fields = Record<string, unknown>;

/** Reads the JSON of `ffprobe -show_format -show_streams`: the first video and audio stream, cover pictures apart. */
export function parseProbe(json: string): StreamSignature {
  const { format, streams } = parsed(json);
  const videos = streams.filter((stream) => stream.codec_type === 'video' && !isCover(stream));
  const audios = streams.filter((stream) => stream.codec_type === 'audio');
  return {
    container: text(format.format_name) ?? 'unknown',
    brand: text(fields(format.tags).major_brand)?.trim() ?? null,
    durationSeconds: number(format.duration),
    videoStreams: videos.length,
    audioStreams: audios.length,
    video: videos[0] ? videoOf(videos[0]) : null,
    audio: audios[0] ? audioOf(audios[0]) : null,
  };
}

/** The size a viewer sees: sample aspect ratio and rotation applied. */
export function shownSize(video: VideoSignature): { width: number; height: number } {
  const [across = 1, down = 1] = video.sampleAspectRatio.split(':').map(Number);
  const stretch = across > 0 && down > 0 ? across / down : 1;
  const width = Math.round(video.width * stretch);
  return video.rotation % 180 === 0
    ? { width, height: video.height }
    : { width: video.height, height: width };
}

function parsed(json: string): { format: Fields; streams: Fields[] } {
  try {
    const { format, streams } = JSON.parse(json) as { format?: unknown; streams?: unknown };
    return { format: fields(format), streams: Array.isArray(streams) ? streams.map(fields) : [] };
  } catch (cause) {
    throw new AppError('output_invalid', 'ffprobe printed no readable description of the media', { cause });
  }
}

function videoOf(stream: Fields): VideoSignature {
  return {
    codec: text(stream.codec_name) ?? 'unknown',
    profile: text(stream.profile),
    level: number(stream.level),
    width: number(stream.width) ?? 0,
    height: number(stream.height) ?? 0,
    sampleAspectRatio: text(stream.sample_aspect_ratio) ?? '1:1',
    frameRate: text(stream.r_frame_rate) ?? '0/0',
    averageFrameRate: text(stream.avg_frame_rate) ?? '0/0',
    timeBase: text(stream.time_base) ?? '0/0',
    pixelFormat: text(stream.pix_fmt),
    colorRange: text(stream.color_range),
    colorSpace: text(stream.color_space),
    colorTransfer: text(stream.color_transfer),
    colorPrimaries: text(stream.color_primaries),
    fieldOrder: text(stream.field_order),
    rotation: rotationOf(stream),
    frames: number(stream.nb_frames),
    startSeconds: number(stream.start_time),
    durationSeconds: number(stream.duration),
    parameterSets: text(stream.extradata_hash),
  };
}

function audioOf(stream: Fields): AudioSignature {
  return {
    codec: text(stream.codec_name) ?? 'unknown',
    profile: text(stream.profile),
    sampleRateHz: number(stream.sample_rate) ?? 0,
    channels: number(stream.channels) ?? 0,
    channelLayout: text(stream.channel_layout),
    timeBase: text(stream.time_base) ?? '0/0',
    startSeconds: number(stream.start_time),
    durationSeconds: number(stream.duration),
    parameterSets: text(stream.extradata_hash),
  };
}

function isCover(stream: Fields): boolean {
  return fields(stream.disposition).attached_pic === 1;
}

/** The display matrix turns counter-clockwise, the older `rotate` tag clockwise. */
function rotationOf(stream: Fields): number {
  const sides = Array.isArray(stream.side_data_list) ? stream.side_data_list.map(fields) : [];
  const matrix = sides.map((side) => number(side.rotation)).find((degrees) => degrees !== null) ?? null;
  const degrees = matrix === null ? (number(fields(stream.tags).rotate) ?? 0) : -matrix;
  return (((Math.round(degrees / 90) * 90) % 360) + 360) % 360;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value !== 'unknown' ? value : null;
}

/** ffprobe prints some numbers as text and writes `N/A` for what it does not know. */
function number(value: unknown): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null;
  return Number.isFinite(Number(value)) ? Number(value) : null;
}
