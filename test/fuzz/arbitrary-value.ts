import fc, { type Arbitrary } from 'fast-check';
import type { ApiDocument, Schema } from './document.js';
import { knownId } from './known-ids.js';

const MOST_CHARACTERS = 40;
const MOST_ITEMS = 3;

type Resolve = ApiDocument['resolve'];

/**
 * Values that a schema allows, keyword by keyword; what only a whole value can show (`if`, `not`, two patterns of one
 * text) is left to the caller to filter. `name` is the field's, by which ids of earlier answers are found.
 */
export function valueOf(schema: Schema, resolve: Resolve, name = ''): Arbitrary<unknown> {
  const forms = formsOf(schema, resolve);
  return fc.oneof(...forms.map((form) => formValue(form, resolve, name)));
}

/** The schema without references and choices: each way to meet it as one flat schema. */
function formsOf(schema: Schema, resolve: Resolve): Schema[] {
  const { $ref, allOf = [], anyOf, oneOf, ...own } = schema;
  const parts = [...allOf, ...($ref === undefined ? [] : [resolve({ $ref })])];
  const choices = [anyOf, oneOf].filter((choice) => choice !== undefined);
  const both = parts.reduce<Schema[]>((forms, part) => cross(forms, formsOf(part, resolve)), [own]);
  return choices.reduce<Schema[]>(
    (forms, choice) =>
      cross(
        forms,
        choice.flatMap((part) => formsOf(part, resolve)),
      ),
    both,
  );
}

function cross(left: Schema[], right: Schema[]): Schema[] {
  return left.flatMap((one) => right.map((other) => merge(one, other)));
}

function merge(one: Schema, other: Schema): Schema {
  const names = [...Object.keys(one.properties ?? {}), ...Object.keys(other.properties ?? {})];
  const properties = names.map((name): [string, Schema] => {
    const allOf = [one.properties?.[name], other.properties?.[name]].filter((part) => part !== undefined);
    return [name, { allOf }];
  });
  return {
    ...one,
    ...other,
    ...(names.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    required: [...(one.required ?? []), ...(other.required ?? [])],
  };
}

function formValue(form: Schema, resolve: Resolve, name: string): Arbitrary<unknown> {
  if (form.const !== undefined) return fc.constant(form.const);
  if (form.enum !== undefined) return fc.constantFrom(...form.enum);
  if (form.type === undefined && form.properties === undefined) return fc.jsonValue({ maxDepth: 2 });
  const types = [form.type ?? 'object'].flat();
  return fc.oneof(...types.map((type) => typedValue(type, form, resolve, name)));
}

function typedValue(type: string, form: Schema, resolve: Resolve, name: string): Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return numberValue(type, form);
    case 'array': {
      const { minItems = 0, maxItems = MOST_ITEMS, items = {} } = form;
      const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, MOST_ITEMS)) };
      const item = valueOf(items, resolve, name.replace(/s$/, ''));
      return form.uniqueItems ? fc.uniqueArray(item, bounds) : fc.array(item, bounds);
    }
    case 'object':
      return objectValue(form, resolve);
    default:
      return textValue(form, name);
  }
}

function numberValue(type: string, form: Schema): Arbitrary<number> {
  const { multipleOf = 1, minimum = -1_000_000, maximum = 1_000_000 } = form;
  if (type === 'number' && form.multipleOf === undefined) {
    return fc.double({ min: minimum, max: maximum, noNaN: true });
  }
  const range = { min: Math.ceil(minimum / multipleOf), max: Math.floor(maximum / multipleOf) };
  return fc.integer(range).map((count) => count * multipleOf);
}

function objectValue(form: Schema, resolve: Resolve): Arbitrary<unknown> {
  const { properties, required = [], additionalProperties } = form;
  if (properties === undefined) {
    const value =
      typeof additionalProperties === 'object'
        ? valueOf(additionalProperties, resolve)
        : fc.jsonValue({ maxDepth: 1 });
    return fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), value, {
      maxKeys: 3,
      noNullPrototype: true,
    });
  }
  const values = Object.entries(properties).map(
    ([name, property]) => [name, valueOf(property, resolve, name)] as const,
  );
  const requiredKeys = Object.keys(properties).filter((name) => required.includes(name));
  return fc.record(Object.fromEntries(values), { requiredKeys, noNullPrototype: true });
}

function textValue(form: Schema, name: string): Arbitrary<string> {
  const examples = [form.example, ...(form.examples ?? [])].filter((example) => typeof example === 'string');
  const free = freeText(form, name);
  return examples.length === 0 ? free : fc.oneof(fc.constantFrom(...examples), free);
}

function freeText(form: Schema, name: string): Arbitrary<string> {
  switch (form.format) {
    case 'uuid':
      return fc.oneof({ weight: 4, arbitrary: knownId(name) }, { weight: 1, arbitrary: fc.uuid() });
    case 'date-time':
      return someTime().map((time) => time.toISOString());
    case 'date':
      return someTime().map((time) => time.toISOString().slice(0, 10));
    case 'uri':
      return fc.webUrl({ validSchemes: ['https'] });
    default:
      return form.pattern === undefined ? plainText(form, name) : matching(form);
  }
}

function someTime(): Arbitrary<Date> {
  return fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
}

/** fast-check reads no look-arounds: they are left to the filter, which the full pattern is. */
function matching(form: Schema): Arbitrary<string> {
  const { pattern = '', minLength = 0, maxLength = Infinity } = form;
  const full = new RegExp(pattern, 'u');
  return fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?<?[!=](?:[^()]|\([^()]*\))*\)/g, ''), 'u'))
    .filter((text) => full.test(text) && text.length >= minLength && text.length <= maxLength);
}

/** Making an arbitrary of Unicode text is slow: one does for all texts of the same lengths. */
function stringOf(length: { minLength: number; maxLength: number }): Arbitrary<string> {
  const name = `${length.minLength} ${length.maxLength}`;
  const text = strings.get(name) ?? fc.string({ unit: 'grapheme', ...length });
  strings.set(name, text);
  return text;
}

const strings = new Map<string, Arbitrary<string>>();

function plainText({ minLength = 0, maxLength = MOST_CHARACTERS }: Schema, name: string): Arbitrary<string> {
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, MOST_CHARACTERS)) };
  const text = stringOf(length);
  return /(^id|Id|cursor)$/.test(name) ? fc.oneof(knownId(name), text) : text;
}
