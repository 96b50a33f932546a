import type { Model } from '../model.js';
import { frameSize, plain } from './frame-size.js';
import type { AudioSpec, ImageSpec, MediaSpec, VideoSpec } from './spec.js';

const longestSeconds = 600;

/** What to make for a run, one spec an output. `input` has the model's defaults filled in. */
export function requestedMedia(model: Model, input: Record<string, unknown>, seed: number): MediaSpec[] {
  const prompt = typeof input.prompt === 'string' ? input.prompt : model.name;
  switch (model.media) {
    case 'image':
      return images(model, input, seed, prompt);
    case 'video':
      return [video(model, input, seed, prompt)];
    case 'audio':
      return [audio(input, seed, prompt)];
  }
}

function images(model: Model, input: Record<string, unknown>, seed: number, prompt: string): ImageSpec[] {
  const size = frameSize(input, { width: 1024, height: 1024 }, model.sizes);
  const format = oneOf(input.output_format, ['png', 'jpg', 'webp'] as const, 'png');
  const quality = number(input.output_quality, 80);
  const count = Math.min(10, Math.max(1, Math.round(number(input.num_outputs, 1))));
  return Array.from({ length: count }, (_, index) => ({
    kind: 'image',
    ...size,
    format,
    quality: format === 'png' ? 100 : quality,
    seed: seed + index,
    prompt,
  }));
}

function video(model: Model, input: Record<string, unknown>, seed: number, prompt: string): VideoSpec {
  const [width = 1280, height = 720] = model.size ?? [];
  const fps = Math.max(1, number(input.frames_per_second ?? input.fps, model.fps ?? 24));
  const frames = frameCount(input) ?? Math.round(seconds(input.duration, 5) * fps);
  const sound = Boolean(model.sound) && input.generate_audio !== false;
  return { kind: 'video', ...frameSize(input, { width, height }), fps, frames, sound, seed, prompt };
}

function frameCount(input: Record<string, unknown>): number | undefined {
  const named = /^(\d+)_frames/.exec(plain(input.video_length))?.[1];
  const frames = named ? Number(named) : number(input.num_frames, 0);
  return frames > 0 ? frames : undefined;
}

function audio(input: Record<string, unknown>, seed: number, prompt: string): AudioSpec {
  const format = oneOf(input.output_format, ['wav', 'mp3'] as const, 'wav');
  const mono = typeof input.model_version === 'string' && !input.model_version.startsWith('stereo');
  return {
    kind: 'audio',
    durationSeconds: seconds(input.duration, 8),
    format,
    channels: mono ? 1 : 2,
    seed,
    prompt,
  };
}

function oneOf<const Value extends string>(value: unknown, known: readonly Value[], fallback: Value): Value {
  return known.find((one) => one === value) ?? fallback;
}

function number(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

function seconds(value: unknown, fallback: number): number {
  return Math.min(longestSeconds, Math.max(0.1, number(value, fallback)));
}
