import fc from 'fast-check';

import { parseRange } from '../../../local/s3/byte-range.js';
import { isNotModified, rangeApplies, requireWritable } from '../../../local/s3/conditions.js';

describe('parseRange of 10 bytes', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=2-', { start: 2, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=5-2', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
    ['items=0-1', undefined],
  ])('%s is %j', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it.each([
    ['bytes=10-', 'InvalidRange'],
    ['bytes=-0', 'InvalidRange'],
    ['bytes=0-1,3-4', 'NotImplemented'],
  ])('%s is refused as %s', (header, code) => {
    expect(() => parseRange(header, 10)).toThrow(expect.objectContaining({ code }));
  });

  it('never leaves the object', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.integer({ min: 1, max: 20 }), (first, last, size) => {
        fc.pre(first < size);
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (last < first) expect(range).toBeUndefined();
        else expect(range).toEqual({ start: first, end: Math.min(last, size - 1) });
      }),
    );
  });
});

const object = { etag: 'abc', lastModified: '2026-01-01T12:00:00.500Z' };
const BEFORE = 'Thu, 01 Jan 2026 11:59:59 GMT';
const SAME = 'Thu, 01 Jan 2026 12:00:00 GMT';
const headers = (values: object) => new Map<string, string>(Object.entries(values));

describe('the conditions of a read', () => {
  it.each([
    [{}, false],
    [{ 'if-none-match': '"abc"' }, true],
    [{ 'if-none-match': 'W/"abc"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"x", "abc"' }, true],
    [{ 'if-none-match': '"x"' }, false],
    [{ 'if-none-match': '"x"', 'if-modified-since': SAME }, false],
    [{ 'if-modified-since': SAME }, true],
    [{ 'if-modified-since': BEFORE }, false],
    [{ 'if-modified-since': 'yesterday' }, false],
    [{ 'if-match': '"abc"' }, false],
    [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, false],
    [{ 'if-unmodified-since': SAME }, false],
  ])('%j: not modified is %s', (values, expected) => {
    expect(isNotModified(headers(values), object)).toBe(expected);
  });

  it.each([{ 'if-match': '"x"' }, { 'if-unmodified-since': BEFORE }])('%j fails', (values) => {
    expect(() => isNotModified(headers(values), object)).toThrow(
      expect.objectContaining({ code: 'PreconditionFailed' }),
    );
  });

  it.each([
    [{}, true],
    [{ 'if-range': '"abc"' }, true],
    [{ 'if-range': '"x"' }, false],
    [{ 'if-range': SAME }, true],
    [{ 'if-range': BEFORE }, false],
  ])('%j: the range counts is %s', (values, expected) => {
    expect(rangeApplies(headers(values), object)).toBe(expected);
  });
});

describe('the conditions of a write', () => {
  it.each([
    [{ 'if-none-match': '*' }, undefined],
    [{ 'if-none-match': '"x"' }, object],
    [{ 'if-match': '"abc"' }, object],
    [{}, object],
  ])('%j over %j holds', (values, current) => {
    expect(() => requireWritable(headers(values), current)).not.toThrow();
  });

  it.each([
    [{ 'if-none-match': '*' }, object, 'PreconditionFailed'],
    [{ 'if-match': '"x"' }, object, 'PreconditionFailed'],
    [{ 'if-match': '"abc"' }, undefined, 'NoSuchKey'],
  ])('%j over %j is refused as %s', (values, current, code) => {
    expect(() => requireWritable(headers(values), current)).toThrow(expect.objectContaining({ code }));
  });
});
