import fc, { type Arbitrary } from 'fast-check';
import { changeJson, JSON_CHANGES, type Dice } from './mutate-json.js';
import type { Request } from './request.js';

type Mutator = (request: Request, dice: Dice) => Request;

export interface Mutation extends Dice {
  name: string;
}

const pick = <T>(values: readonly T[], dice: Dice): T => values[dice.pick % values.length]!;
const withHeaders = (request: Request, headers: Request['headers']): Request => ({
  ...request,
  headers: { ...request.headers, ...headers },
});
const withBody = (request: Request, body: Buffer | string): Request => ({
  ...request,
  headers: { 'content-type': 'application/json', ...request.headers },
  body: Buffer.from(body),
});
const textOf = ({ body }: Request): string => body?.toString() ?? '{}';

const TYPES = [
  ...[
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ],
  ...[
    'application/json; charset=latin1',
    'application/json;',
    'application/jsonp',
    'json',
    '',
    ';',
    'a/b; =',
    '*/*',
  ],
];
const BROKEN_ESCAPES = ['%', '%ZZ', '%E0%A4%A', '%C0%AF', '%ED%A0%80', '%FF'];
const ESCAPED = [
  '%00',
  '%0d%0aX-Injected:%201',
  '%2e%2e%2f',
  '%2F',
  '%25',
  '..',
  '%F0%9F%8E%AC',
  'x'.repeat(4_000),
];
const HEADER_VALUES = [
  '',
  'a b',
  '"',
  '""',
  '\u00e9',
  '\u0080',
  'x'.repeat(5_000),
  '__proto__',
  '*',
  'W/"0"',
  '-1',
];

const BODY_MUTATORS: Record<string, Mutator> = {
  truncated: (request, dice) => {
    const text = textOf(request);
    return withBody(request, text.slice(0, dice.at % text.length));
  },
  trailing: (request, dice) =>
    withBody(request, textOf(request) + pick(['}', ' x', '\0', ',{}', '\ufeff'], dice)),
  duplicateKey: (request, dice) => {
    const first = /"[^"]*":/.exec(textOf(request))?.[0] ?? '"a":';
    return withBody(request, textOf(request).replace('{', `{${first}${JSON.stringify(dice.text)},`));
  },
  endlessNumber: (request) => withBody(request, textOf(request).replace(/:\s*[^,{}[\]]+/, ':1e999999')),
  notUtf8: (request) => withBody(request, Buffer.concat([Buffer.from(textOf(request)), Buffer.of(0xff)])),
  utf16: (request) => withBody(request, Buffer.from(textOf(request), 'utf16le')),
  byteOrderMark: (request) => withBody(request, `\ufeff${textOf(request)}`),
  noObject: (request, dice) =>
    withBody(request, pick(['null', '[]', '7', '"text"', 'true', '[{}]', '{}'], dice)),
  deepJson: (request) => withBody(request, '['.repeat(50_000)),
  tooLarge: (request) => withBody(request, JSON.stringify({ a: 'x'.repeat(2 * 1024 * 1024) })),
  empty: (request) => withBody(request, ''),
  none: ({ body: _body, ...request }) => request,
  chunked: (request) => ({ ...withBody(request, textOf(request)), chunked: true }),
  contentType: (request, dice) =>
    withHeaders(withBody(request, textOf(request)), { 'content-type': pick(TYPES, dice) }),
  contentEncoding: (request, dice) =>
    withHeaders(request, { 'content-encoding': pick(['gzip', 'br', 'x'], dice) }),
  ...Object.fromEntries(
    Object.entries(JSON_CHANGES).map(([name, change]): [string, Mutator] => [
      name,
      (request, dice) => withBody(request, changeJson(textOf(request), change, dice)),
    ]),
  ),
};

/** Strikes the value of a parameter of the query, or adds one. */
function queryMutator(value: (old: string, dice: Dice) => string[]): Mutator {
  return (request, dice) => {
    const known = request.operation.parameters.filter((parameter) => parameter.in === 'query');
    const names = [...known.map(({ name }) => name), 'surprise', '__proto__'];
    const name = names[dice.at % names.length]!;
    const old = request.query.find(([given]) => given === name)?.[1] ?? 'a';
    const others = request.query.filter(([given]) => given !== name);
    return {
      ...request,
      query: [...others, ...value(old, dice).map((text): [string, string] => [name, text])],
    };
  };
}

function pathMutator(value: (dice: Dice) => string): Mutator {
  return (request, dice) => {
    const names = Object.keys(request.path);
    if (names.length === 0) return request;
    return { ...request, path: { ...request.path, [names[dice.at % names.length]!]: value(dice) } };
  };
}

const headerMutator =
  (values: (dice: Dice) => string | string[]): Mutator =>
  (request, dice) => {
    const declared = request.operation.parameters.filter((parameter) => parameter.in === 'header');
    const names = [
      ...declared.map(({ name }) => name.toLowerCase()),
      'x-request-id',
      'accept',
      'prefer',
      'expect',
    ];
    return withHeaders(request, { [names[dice.at % names.length]!]: values(dice) });
  };

const keyMutator: Mutator = (request, dice) => {
  const { 'x-api-key': _key, ...headers } = request.headers;
  const wrong = pick([undefined, '', 'wrong', ' ', '\u00e9', 'x'.repeat(5_000)], dice);
  return { ...request, headers: { ...headers, ...(wrong === undefined ? {} : { 'x-api-key': wrong }) } };
};

const ADDRESS_MUTATORS: Record<string, Mutator> = {
  queryText: queryMutator((_old, dice) => [encodeURIComponent(dice.text.toWellFormed())]),
  queryEscape: queryMutator((_old, dice) => [pick([...ESCAPED, ...BROKEN_ESCAPES], dice)]),
  queryNumber: queryMutator((_old, dice) => [
    pick(['0', '-1', '1.5', '101', '1e3', '0x10', 'NaN', '9'.repeat(400)], dice),
  ]),
  queryRepeated: queryMutator((old) => [old, old]),
  queryEmpty: queryMutator(() => ['']),
  queryShape: (request, dice) => ({
    ...request,
    query: [[pick(['a[b]', 'limit[]', '', '%00', 'a.b'], dice), '1']],
  }),
  pathText: pathMutator(({ text }) => encodeURIComponent(text.toWellFormed()) || '%20'),
  pathEscape: pathMutator((dice) => pick([...ESCAPED, ...BROKEN_ESCAPES], dice)),
};

const HEADER_MUTATORS: Record<string, Mutator> = {
  header: headerMutator((dice) => pick(HEADER_VALUES, dice)),
  headerText: headerMutator(({ text }) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '?')),
  headerTwice: headerMutator((dice) => [pick(HEADER_VALUES, dice), 'b']),
  key: keyMutator,
};

const MUTATORS = { ...BODY_MUTATORS, ...ADDRESS_MUTATORS, ...HEADER_MUTATORS };
const takesBody = ({ operation }: Request): boolean => operation.method !== 'GET';

/** Up to three mutations on top of each other; none in a third of all cases. */
export const mutations: Arbitrary<Mutation[]> = fc.oneof(fc.constant<Mutation[]>([]), {
  weight: 2,
  arbitrary: fc.array(oneMutation(), { minLength: 1, maxLength: 3 }),
});

function oneMutation(): Arbitrary<Mutation> {
  return fc.record({
    name: fc.constantFrom(...Object.keys(MUTATORS)),
    at: fc.nat(200),
    pick: fc.nat(200),
    text: fc.string({ unit: 'binary', maxLength: 20 }),
  });
}

/** The request after the mutations; those of a body leave a request alone that has none by its method. */
export function mutate(request: Request, steps: Mutation[]): Request {
  return steps.reduce((mutated, { name, ...dice }) => {
    if (Object.hasOwn(BODY_MUTATORS, name) && !takesBody(request)) return mutated;
    return MUTATORS[name]!(mutated, dice);
  }, request);
}
