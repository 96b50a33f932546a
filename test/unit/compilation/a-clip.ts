import type { Clip } from '../../../src/compilation/clip.js';
import type { CompileOptions } from '../../../src/compilation/compile-options.js';
import type { AudioSignature, VideoSignature } from '../../../src/media/probe.js';

export const OPTIONS: CompileOptions = {
  ...{ outputFormat: 'mp4', quality: 'high', transition: null, audio: null, targetLufs: null },
  ...{ captions: 'none', size: null, fps: null },
};

const VIDEO: VideoSignature = {
  ...{ codec: 'h264', profile: 'High', level: 40, width: 1920, height: 1080, sampleAspectRatio: '1:1' },
  ...{ frameRate: '24/1', averageFrameRate: '24/1', timeBase: '1/12288', pixelFormat: 'yuv420p' },
  ...{ colorRange: null, colorSpace: null, colorTransfer: null, colorPrimaries: null },
  ...{ fieldOrder: 'progressive', rotation: 0, startSeconds: 0, parameterSets: 'a' },
  ...{ frames: 192, durationSeconds: 8 },
};

const AUDIO: AudioSignature = {
  ...{ codec: 'aac', profile: 'LC', sampleRateHz: 48_000, channels: 2, channelLayout: 'stereo' },
  ...{ timeBase: '1/48000', startSeconds: 0, durationSeconds: 8, parameterSets: 'b' },
};

interface Difference {
  position?: number;
  seconds?: number;
  video?: Partial<VideoSignature>;
  audio?: Partial<AudioSignature> | null;
  container?: string;
}

/** A stored clip of 8 s, 1080p, 24 frames a second, with sound; but for what is given. */
export function aClip(difference: Difference = {}): Clip {
  const { position = 0, seconds = 8, video = {}, audio = {}, container = 'mov,mp4,m4a' } = difference;
  const picture = { ...VIDEO, durationSeconds: seconds, frames: seconds * 24, ...video };
  const sound = audio === null ? null : { ...AUDIO, durationSeconds: seconds, ...audio };
  return {
    ...{ videoId: `v${position}`, sectionId: `s${position}`, jobId: `j${position}`, position },
    ...{ title: null, narration: null, mediaType: 'video', objectKey: 'k', contentType: 'video/mp4' },
    ...{ bytes: 1, sha256: '', width: picture.width, height: picture.height, durationSeconds: seconds },
    signature: {
      ...{ container, brand: 'isom', durationSeconds: seconds, video: picture, audio: sound },
      ...{ videoStreams: 1, audioStreams: sound ? 1 : 0 },
    },
  };
}

export function aStill(position = 0): Clip {
  const media = { mediaType: 'image' as const, contentType: 'image/png', durationSeconds: null };
  return { ...aClip({ position }), ...media, width: 1024, height: 1023, signature: null };
}
