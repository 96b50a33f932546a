import { isNestedDeeper } from '../../../src/http/json-body.js';

const lists = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const objects = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));

describe('what is nested', () => {
  it.each([lists, objects])('up to the limit is not too deep', (nested) => {
    expect(isNestedDeeper(nested(64), 64)).toBe(false);
    expect(isNestedDeeper(nested(65), 64)).toBe(true);
  });

  it('without end is known without end of the stack', () => {
    expect(isNestedDeeper([1, { a: lists(100_000) }], 64)).toBe(true);
  });

  it.each([[undefined], [null], [5], ['[[[['], [true]])('%j is not deep at all', (value) => {
    expect(isNestedDeeper(value, 0)).toBe(false);
  });
});
