import { readCompileRequest } from '../../../src/compilation/compile.request.js';
import { readBatchWish, readVerdict } from '../../../src/scripts/generate-script.request.js';

describe('a body that may be left out', () => {
  it('asks for the defaults when it is', () => {
    expect(readBatchWish(undefined)).toEqual({ sectionIds: undefined, takes: 1 });
    expect(readVerdict('approved', undefined)).toEqual({ approval: 'approved', comment: undefined });
    expect(readCompileRequest(undefined)).toEqual(readCompileRequest({}));
  });

  it('is no object when it is null', () => {
    for (const read of [readBatchWish, readCompileRequest, (body: unknown) => readVerdict('approved', body)])
      expect(() => read(null)).toThrow('the body must be a JSON object');
  });
});
