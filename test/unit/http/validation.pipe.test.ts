import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { createValidationPipe } from '../../../src/http/validation.pipe.js';
import { ListJobsQuery } from '../../../src/jobs/list-jobs.dto.js';

const read = (values: unknown, metatype: ArgumentType = ListJobsQuery) =>
  createValidationPipe().transform(values, { type: 'query', metatype }) as unknown;

type ArgumentType = typeof ListJobsQuery | typeof String | typeof Object;

/** A query as the router gives it: without a prototype. */
const query = (entries: Record<string, unknown>) => Object.assign(Object.create(null) as object, entries);

function refusedPaths(values: object): string[] {
  try {
    read(values);
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_parameters') {
      return error.issues.map(({ path }) => path);
    }
    throw error;
  }
  return [];
}

describe('a query', () => {
  it('is read into its class, with its defaults', () => {
    expect(read(query({}))).toEqual(Object.assign(new ListJobsQuery(), { limit: 20 }));
    const full = { limit: '7', userId: 'a', modelId: 'flux-schnell', from: '2026-01-31', status: 'failed' };
    const found = read(query(full));
    expect(found).toBeInstanceOf(ListJobsQuery);
    expect(found).toEqual({ ...full, limit: 7 });
  });

  it('that no class describes is left as it is', () => {
    for (const metatype of [String, Object]) expect(read('text', metatype)).toBe('text');
  });

  it('has every fault named at once', () => {
    const faulty = { limit: '0', colour: 'red', userId: '', from: 'soon', status: 'done' };
    expect(refusedPaths(query(faulty)).sort()).toEqual(Object.keys(faulty).sort());
  });

  it.each([
    ...[{ userId: '' }, { userId: '\u0000' }, { userId: 'a b' }, { userId: ['a', 'b'] }],
    ...[{ modelId: '' }, { modelId: '\u0000' }, { modelId: 'a/b' }, { modelId: ['a', 'b'] }],
    ...[{ status: '' }, { mediaType: '\u0000' }, { scriptId: '\u0000' }, { cursor: ['a', 'b'] }],
    ...[{ from: '' }, { from: '2026-W01' }, { to: '20260101T000000Z' }, { to: '2026-02-30' }],
    ...[{ limit: '' }, { limit: ['1', '2'] }, { limit: '1.5' }, { limit: 'NaN' }],
  ])('of %j is refused by the name of its filter', (faulty) => {
    expect(refusedPaths(query(faulty))).toEqual(Object.keys(faulty));
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('that names %s is refused', (name) => {
    const values = Object.defineProperty(query({}), name, { value: 'x', enumerable: true });
    expect(refusedPaths(values)).toEqual([name]);
  });

  it('of any names and values is read or refused', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('limit', 'userId', 'from', 'to', 'cursor', 'status'));
    const value = fc.oneof(fc.string(), fc.array(fc.string()));
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: false }), (values) => {
        refusedPaths(values);
      }),
    );
  });
});
