import { createHash } from 'node:crypto';
import type { MediaType, Model } from './model.js';

interface RegistryEntry {
  version?: unknown;
  estimatedTime?: unknown;
  provider?: { model?: unknown; version?: unknown; kind?: unknown };
}

const mediaTypes: MediaType[] = ['image', 'video', 'audio'];

/**
 * Models that a registry (`{image|video|audio: {modelId: {version?, provider?}}}`) sends to the provider. A version that
 * is `owner/name` makes an official model; any other makes a community model, found by exactly that version.
 */
export function readRegistry(registry: unknown): Model[] {
  const groups = asRecord(registry);
  return mediaTypes.flatMap((media) =>
    Object.entries(asRecord(groups[media])).flatMap(([modelId, entry]) =>
      readEntry(media, modelId, asRecord(entry)),
    ),
  );
}

function readEntry(media: MediaType, modelId: string, entry: RegistryEntry): Model[] {
  const reference = text(entry.provider?.version) ?? text(entry.version) ?? text(entry.provider?.model);
  if (reference === undefined) return [];
  const [address, hash] = reference.split(':') as [string, string | undefined];
  const name = text(entry.provider?.model) ?? (address.includes('/') ? address : `registry/${modelId}`);
  const version = hash ?? (address.includes('/') ? undefined : address);
  const declared = entry.provider?.kind;
  const kind =
    declared === 'official' || (declared === undefined && version === undefined) ? 'official' : 'community';
  const run = typeof entry.estimatedTime === 'number' ? entry.estimatedTime : 10;
  return [
    {
      name,
      kind,
      version: version ?? createHash('sha256').update(name).digest('hex'),
      media,
      output: 'one',
      seconds: { boot: 0.5, run },
      description: `Model of the registry entry ${modelId}.`,
      ...(media === 'video' ? { fps: 24, sound: true } : {}),
    },
  ];
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
