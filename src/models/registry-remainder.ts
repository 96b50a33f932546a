import { mediaTypes } from './model.js';
import type { Entry, RegistryDocument } from './registry-entry.js';
import type { ShapeFault } from './registry-shape.js';

/** What is left of a registry without the parts whose shape is at fault, so that the rest can be checked too. */
export interface Remainder {
  document: RegistryDocument;
  /** The fields that were taken out, by `modelId`. */
  taken: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every modelId of the registry, those of entries that could not be kept too. */
  modelIds: string[];
}

/** Stand in for fields that every entry has; they are of no kind that a check could object to. */
const NEUTRAL: Record<string, unknown> = {
  version: 'unknown',
  description: 'unknown',
  estimatedTime: 1,
  pricing: 0,
  provider: { model: 'unknown/unknown', kind: 'official' },
};

/** Fields that the other checks can still read although something in them is at fault, such as a missing description. */
const READABLE = new Map<string, (value: unknown) => boolean>([
  ['defaults', isRecord],
  ['parameters', (value) => isRecord(value) && Object.values(value).every(isRecord)],
  ['rules', (value) => Array.isArray(value) && value.every(isRule)],
  ['supportedParams', Array.isArray],
]);

/** Without these there is no telling what the rest of an entry should be. */
const ESSENTIAL = ['parameters', 'supportedParams'];

/** Takes the faulty fields out of each entry, and the entries of which too little is left. */
export function remainderOf(document: object, faults: ShapeFault[]): Remainder {
  const taken = new Map<string, ReadonlySet<string>>();
  const modelIds: string[] = [];
  const kept = mediaTypes.map((mediaType) => {
    const entries = Object.entries(Object((document as Record<string, unknown>)[mediaType]) as object);
    const sound = entries.flatMap(([modelId, entry]: [string, unknown]): [string, Entry][] => {
      modelIds.push(modelId);
      if (!isRecord(entry)) return [];
      const fields = unreadable(
        entry,
        faults.filter(({ path }) => path[0] === mediaType && path[1] === modelId),
      );
      taken.set(modelId, new Set([...(taken.get(modelId) ?? []), ...fields]));
      return ESSENTIAL.some((field) => fields.has(field)) ? [] : [[modelId, without(fields, entry)]];
    });
    return [mediaType, Object.fromEntries(sound)];
  });
  return { document: Object.fromEntries(kept) as RegistryDocument, taken, modelIds };
}

function unreadable(entry: Record<string, unknown>, faults: ShapeFault[]): Set<string> {
  const fields = faults.map(({ path }) => path[2]).filter((field) => field !== undefined);
  return new Set(fields.filter((field) => !READABLE.get(field)?.(entry[field])));
}

/** The entry without these fields; those that every entry has are replaced. */
function without(fields: ReadonlySet<string>, entry: object): Entry {
  const sound = Object.entries(entry).filter(([field]) => !fields.has(field));
  const neutral = Object.entries(NEUTRAL).filter(([field]) => fields.has(field));
  return Object.fromEntries([...sound, ...neutral]) as unknown as Entry;
}

function isRule(value: unknown): boolean {
  return isRecord(value) && typeof value.at === 'string' && isRecord(value.when) && isRecord(value.must);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
