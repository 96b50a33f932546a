interface Made {
  seed: number;
  /** Drawn on the picture; decides the bytes together with the seed. */
  prompt: string;
}

export interface ImageSpec extends Made {
  kind: 'image';
  width: number;
  height: number;
  format: 'png' | 'jpg' | 'webp';
  /** 0–100; png has none. */
  quality: number;
}

export interface VideoSpec extends Made {
  kind: 'video';
  width: number;
  height: number;
  fps: number;
  frames: number;
  sound: boolean;
}

export interface AudioSpec extends Made {
  kind: 'audio';
  durationSeconds: number;
  format: 'wav' | 'mp3';
  channels: 1 | 2;
}

/** All that decides the bytes of one output. */
export type MediaSpec = ImageSpec | VideoSpec | AudioSpec;

const contentTypes = {
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  mp4: 'video/mp4',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
} as const;

export type Extension = keyof typeof contentTypes;

export function extensionOf(spec: MediaSpec): Extension {
  return spec.kind === 'video' ? 'mp4' : spec.format;
}

export function contentTypeOf(spec: MediaSpec): string {
  return contentTypes[extensionOf(spec)];
}
