import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import { bodyIssues, refuseFields } from '../../../src/http/validate-body.js';
import { GenerateMediaDto } from '../../../src/jobs/generate-media.dto.js';

const valid = { mediaType: 'image', modelId: 'flux-schnell', userId: 'producer-1' };

const issues = (body: unknown) => bodyIssues(GenerateMediaDto, body);
const paths = (body: unknown) => issues(body).map((issue) => issue.path);

describe('a body', () => {
  it('that is right has no fault', () => {
    expect(issues(valid)).toEqual([]);
    expect(issues({ ...valid, prompt: 'a lighthouse', parameters: { seed: 7 } })).toEqual([]);
  });

  it.each([[null], [undefined], ['text'], [5], [true], [[]], [[valid]]])(
    'that is no object (%j) has one fault',
    (body) => {
      expect(issues(body)).toEqual([{ path: '', message: 'the body must be a JSON object' }]);
    },
  );

  it('has all its faults named at once', () => {
    const body = {
      mediaType: 1,
      modelId: null,
      userId: 'a b',
      prompt: 7,
      parameters: [],
      surprise: 1,
      other: 2,
    };
    expect(paths(body).sort()).toEqual(
      ['mediaType', 'modelId', 'other', 'parameters', 'prompt', 'surprise', 'userId'].sort(),
    );
  });

  it('with an unknown field is refused by the field’s name', () => {
    expect(issues({ ...valid, webhook: 'http://a' })).toEqual([
      { path: 'webhook', message: 'webhook is not a known field: remove it' },
    ]);
  });

  it.each(['constructor', 'hasOwnProperty', 'toString', '__proto__'])(
    'with a field named %s, as parts of objects are, is refused by that name',
    (name) => {
      for (const value of ['null', '5', '{"name":"x"}']) {
        const body = JSON.parse(`{"${name}": ${value}}`) as object;
        const all = Object.defineProperties({ ...valid }, Object.getOwnPropertyDescriptors(body));
        expect(paths(all)).toEqual([name]);
      }
    },
  );

  it('with a field of a name without end is told its beginning', () => {
    expect(paths({ ...valid, ['x'.repeat(100_000)]: 1 })).toEqual(['x'.repeat(64)]);
  });

  it.each(['mediaType', 'modelId', 'userId'])('without %s is refused', (field) => {
    const { [field as 'userId']: _left, ...rest } = valid;
    expect(paths(rest)).toEqual([field]);
  });

  it.each(['a', 'A.b_c@d-9', 'x'.repeat(128), '...'])('may come from user %s', (userId) => {
    expect(issues({ ...valid, userId })).toEqual([]);
  });

  it.each(['', ' ', '.', '..', 'a/b', '../x', 'a b', 'ä', 'a\n', 'a\u0000', 'x'.repeat(129)])(
    'may not come from user %j, whose name would be part of a path',
    (userId) => {
      expect(paths({ ...valid, userId })).toEqual(['userId']);
    },
  );

  it('with a field inherited from its prototype lacks that field', () => {
    expect(paths(Object.create(valid))).toEqual(expect.arrayContaining(['mediaType', 'modelId', 'userId']));
  });

  it('of any shape is read without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(issues(body).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('where no body is taken', () => {
  it.each([[undefined], [{}]])('%j passes', (body) => {
    expect(() => refuseFields(body)).not.toThrow();
  });

  it.each([
    [{ reason: 1, constructor: null }, ['reason', 'constructor']],
    [null, ['']],
    [[], ['']],
    ['text', ['']],
    [0, ['']],
  ])('%j is refused by its fields', (body, expected) => {
    let refusal: unknown;
    try {
      refuseFields(body);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).issues.map(({ path }) => path)).toEqual(expected);
  });
});
