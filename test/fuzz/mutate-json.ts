/** What a mutation decides by: where it strikes, which of its variants, and some awkward text. */
export interface Dice {
  at: number;
  pick: number;
  text: string;
}

type Place = { holder: Record<string, unknown> | unknown[]; key: string | number };
type Change = (place: Place, dice: Dice) => void;

const AWKWARD_TEXTS = [
  ...['', ' ', '\0', '\ud800', '\udfff\ud800', '\u202eabc', '🎬'.repeat(20), 'x'.repeat(10_000), 'e\u0301'],
  ...['__proto__', 'constructor', '../../etc/passwd', "'; DROP TABLE jobs; --", '${7*7}', '%00', '\r\nx: y'],
];
const AWKWARD_NUMBERS = [
  ...[0, -0, -1, 0.5, 1e-7, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1.7976931348623157e308, 5e-324],
];
const OTHER_TYPES = [null, true, 0, 'text', [], {}, [[]], [null], { length: 1 }];
const PROTOTYPE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'then',
  'toJSON',
];

const put = ({ holder, key }: Place, value: unknown): void => {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
};
const at = ({ holder, key }: Place): unknown => (holder as Record<string | number, unknown>)[key];
const pick = <T>(values: readonly T[], { pick: index }: Dice): T => values[index % values.length]!;
const add = (place: Place, name: string, value: unknown): void => {
  const target = at(place);
  put(place, { ...(typeof target === 'object' ? target : {}) });
  put({ holder: at(place) as Record<string, unknown>, key: name }, value);
};

/** Changes of one place of a JSON value, most of which make it invalid. */
export const JSON_CHANGES: Record<string, Change> = {
  drop: ({ holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  retype: (place, dice) => put(place, pick(OTHER_TYPES, dice)),
  number: (place, dice) => put(place, pick(AWKWARD_NUMBERS, dice)),
  text: (place, dice) => put(place, pick(AWKWARD_TEXTS, dice)),
  unicode: (place, dice) => put(place, dice.text),
  lengthen: (place) => put(place, `${String(at(place))}${'x'.repeat(5_000)}`),
  nudge: (place, dice) => put(place, Number(at(place)) + pick([1, -1, 0.5, 1_000], dice)),
  list: (place) => put(place, [at(place)]),
  unlist: (place) => {
    const value = at(place);
    put(place, Array.isArray(value) ? (value[0] ?? null) : { 0: value });
  },
  repeat: (place, dice) =>
    put(
      place,
      Array.from({ length: pick([5, 200, 1_001], dice) }, () => at(place)),
    ),
  extraField: (place, dice) =>
    add(place, pick(['surprise', 'Prompt', 'status', '', 'x'.repeat(300)], dice), 1),
  prototypeKey: (place, dice) => add(place, pick(PROTOTYPE_KEYS, dice), { admin: true }),
  awkwardKey: (place, dice) => add(place, dice.text, dice.text),
  deep: (place, dice) => put(place, nested(pick([7, 9, 63, 65, 500], dice))),
};

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** The JSON text with one place of its value changed; the same text when it is no JSON. */
export function changeJson(text: string, change: Change, dice: Dice): string {
  try {
    const root = { value: JSON.parse(text) as unknown };
    const places = placesOf(root);
    change(places[dice.at % places.length]!, dice);
    return 'value' in root ? JSON.stringify(root.value) : '';
  } catch {
    return text;
  }
}

/** Every place of a value, itself included as the `value` of its holder. */
function placesOf(holder: Record<string, unknown> | unknown[]): Place[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key },
    ...(typeof value === 'object' && value !== null ? placesOf(value as Record<string, unknown>) : []),
  ]);
}
