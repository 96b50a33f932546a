import fc, { type Arbitrary } from 'fast-check';

const PLACEHOLDER = /^known:([A-Za-z]*):(\d+)$/;
const ID_FIELD = /(^id|Id|Cursor)$/;
const MOST_OF_A_KIND = 200;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** Stands for an id that an earlier answer has told, in a field of this name, until the request is sent. */
export function knownId(name: string): Arbitrary<string> {
  return fc.nat(MOST_OF_A_KIND - 1).map((index) => `known:${name.replaceAll(/[^A-Za-z]/g, '')}:${index}`);
}

/** The ids that answers have told: of things that live, have ended or are deleted since. */
export class KnownIds {
  private readonly byKind = new Map<string, string[]>();

  /** Keeps each id of an answer, by the name of its field. */
  learn(body: unknown): void {
    if (Array.isArray(body)) for (const item of body) this.learn(item);
    if (typeof body !== 'object' || body === null) return;
    for (const [name, value] of Object.entries(body)) {
      if (typeof value === 'string' && ID_FIELD.test(name)) this.add(kindOf(name), value);
      else this.learn(value);
    }
  }

  /** The value with each placeholder replaced by an id of its kind, else of any. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') return this.fillText(value);
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.fill(part)]));
  }

  fillText(text: string): string {
    const [, name, index] = PLACEHOLDER.exec(text) ?? [];
    if (name === undefined) return text;
    const ids = this.byKind.get(kindOf(name)) ?? [...this.byKind.values()].flat();
    return ids.length === 0 ? UNKNOWN_ID : ids[Number(index) % ids.length]!;
  }

  private add(kind: string, id: string): void {
    const ids = this.byKind.get(kind) ?? [];
    this.byKind.set(kind, ids);
    if (ids.length < MOST_OF_A_KIND && !ids.includes(id)) ids.push(id);
  }
}

/** `job` for `jobId`, `jobIds` and `sourceJobId`; `cursor` for `nextCursor`. */
function kindOf(name: string): string {
  const stem = name.replace(/(Id)?s?$/, '');
  return (/[A-Z]?[a-z]+$/.exec(stem)?.[0] ?? stem).toLowerCase();
}
