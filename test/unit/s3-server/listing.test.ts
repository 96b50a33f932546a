import fc from 'fast-check';

import type { ObjectRecord } from '../../../local/s3/bucket.js';
import { compareKeys, KeyIndex } from '../../../local/s3/key-index.js';
import { listPage } from '../../../local/s3/list-objects.js';

const anyKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
const pathKey = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 });
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function indexOf(keys: string[]): KeyIndex<ObjectRecord> {
  return new KeyIndex(keys.map((key) => [key, { key } as ObjectRecord]));
}

describe('compareKeys', () => {
  it('orders as the UTF-8 bytes do', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(byBytes(a, b));
      }),
    );
  });

  it('puts astral characters after the last of the basic plane', () => {
    expect(compareKeys('\u{10000}', '\uFFFD')).toBeGreaterThan(0);
  });
});

describe('KeyIndex', () => {
  it('walks what was set and not deleted, in order, from any start', () => {
    const changes = fc.array(fc.tuple(fc.boolean(), anyKey));
    fc.assert(
      fc.property(changes, anyKey, (steps, start) => {
        const index = new KeyIndex<string>();
        const model = new Set<string>();
        for (const [isSet, key] of steps) {
          if (isSet) index.set(key, key);
          else index.delete(key);
          if (isSet) model.add(key);
          else model.delete(key);
        }
        const expected = [...model].filter((key) => byBytes(key, start) >= 0).sort(byBytes);
        expect([...index.from(start)]).toEqual(expected);
        expect(index.size).toBe(model.size);
      }),
    );
  });
});

describe('listPage', () => {
  /** What all pages together give: objects and common prefixes in the order of the pages. */
  function allPages(keys: string[], query: { prefix: string; delimiter: string; maxKeys: number }): string[] {
    const index = indexOf(keys);
    const found: string[] = [];
    let after: string | undefined = '';
    while (after !== undefined) {
      const page = listPage(index, { ...query, after });
      const entries = [...page.objects.map(({ key }) => key), ...page.commonPrefixes];
      expect(entries.length).toBeLessThanOrEqual(query.maxKeys);
      if (page.next !== undefined) expect(entries.length).toBe(query.maxKeys);
      found.push(...entries.sort(byBytes));
      after = page.next;
    }
    return found;
  }

  it('gives every entry exactly once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(pathKey),
        fc.constantFrom('', 'a', 'a/', 'b/a'),
        fc.constantFrom('', '/', 'a/'),
        fc.integer({ min: 1, max: 4 }),
        (keys, prefix, delimiter, maxKeys) => {
          const entries = keys
            .filter((key) => key.startsWith(prefix))
            .map((key) => {
              const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
              return cut < 0 ? key : key.slice(0, cut + delimiter.length);
            });
          const expected = [...new Set(entries)].sort(byBytes);
          expect(allPages(keys, { prefix, delimiter, maxKeys })).toEqual(expected);
        },
      ),
    );
  });

  it('begins after the key it is given', () => {
    const page = listPage(indexOf(['a', 'b', 'c']), { prefix: '', delimiter: '', after: 'a', maxKeys: 10 });
    expect(page.objects.map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('gives nothing and no next page for no keys at all', () => {
    const page = listPage(indexOf(['a']), { prefix: '', delimiter: '', after: '', maxKeys: 0 });
    expect(page).toEqual({ objects: [], commonPrefixes: [], next: undefined });
  });
});
