/** What the demo asks for: one job of each kind of media. */
export interface DemoJob {
  mediaType: 'image' | 'video' | 'audio';
  modelId: string;
  prompt: string;
  parameters: Record<string, unknown>;
}

export const DEMO_JOBS: DemoJob[] = [
  {
    mediaType: 'image',
    modelId: 'flux-schnell',
    prompt: 'A lighthouse in a storm, oil painting',
    parameters: { width: 1280, height: 720, seed: 7, output_format: 'png' },
  },
  {
    mediaType: 'video',
    modelId: 'veo-3.1-fast',
    prompt: 'Waves break on the rocks below the lighthouse',
    parameters: { duration: 4, resolution: '720p', seed: 7 },
  },
  {
    mediaType: 'audio',
    modelId: 'musicgen',
    prompt: 'Slow cello over distant thunder',
    parameters: { duration: 8, seed: 7 },
  },
];
