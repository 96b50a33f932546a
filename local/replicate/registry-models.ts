import { createHash } from 'node:crypto';
import type { MediaType, Model } from './model.js';

interface Reference {
  model?: unknown;
  version?: unknown;
  kind?: unknown;
}

interface RegistryEntry {
  version?: unknown;
  estimatedTime?: unknown;
  provider?: Reference & { routes?: unknown };
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

/** The entry's own model and those that its routes run instead. */
function readEntry(media: MediaType, modelId: string, entry: RegistryEntry): Model[] {
  const { routes, ...provider } = entry.provider ?? {};
  const own = { ...provider, version: provider.version ?? entry.version };
  const others = Array.isArray(routes) ? routes.map(asRecord) : [];
  const run = typeof entry.estimatedTime === 'number' ? entry.estimatedTime : 10;
  return [own, ...others].flatMap((reference) => readReference(media, modelId, run, reference));
}

function readReference(media: MediaType, modelId: string, run: number, reference: Reference): Model[] {
  const named = text(reference.version) ?? text(reference.model);
  if (named === undefined) return [];
  const [address = named, hash] = named.split(':');
  const isName = address.includes('/');
  const name = text(reference.model) ?? (isName ? address : `registry/${modelId}`);
  const version = hash ?? (isName ? undefined : address);
  const kind = reference.kind ?? (version === undefined ? 'official' : 'community');
  return [
    {
      name,
      kind: kind === 'official' ? 'official' : 'community',
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
