import { excessOf } from '../../../src/http/json-body.js';

const lists = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const objects = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
const items = (count: number) => Array.from({ length: count }, (_, index) => index);
const fields = (count: number) => Object.fromEntries(items(count).map((index) => [`f${index}`, index]));

describe('a body', () => {
  it.each([lists, objects])('may be nested 64 levels deep, no deeper', (nested) => {
    expect(excessOf(nested(64))).toBeUndefined();
    expect(excessOf(nested(65))).toBe('is nested deeper than 64 levels');
  });

  it.each([items, fields])('may have 1000 entries in one place, no more', (entries) => {
    expect(excessOf({ a: [entries(1_000), entries(1_000)] })).toBeUndefined();
    expect(excessOf({ a: [1, entries(1_001)] })).toBe('has more than 1000 fields or items in one place');
  });

  it('nested without end is known without the end of the stack', () => {
    expect(excessOf([1, { a: lists(100_000) }])).toBe('is nested deeper than 64 levels');
  });

  it.each([[undefined], [null], [5], ['[[[['], [true], [[]], [{}]])('of %j is fine', (value) => {
    expect(excessOf(value)).toBeUndefined();
  });
});
