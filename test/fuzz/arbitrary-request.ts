import fc, { type Arbitrary } from 'fast-check';
import { valueOf } from './arbitrary-value.js';
import type { ApiDocument, Operation, Parameter } from './document.js';
import type { KnownIds } from './known-ids.js';
import type { Request } from './request.js';

/** A valid request whose ids are yet to be filled in. */
export interface Draft {
  operation: Operation;
  path: Record<string, string>;
  query: Record<string, unknown>;
  headers: Record<string, string>;
  body: unknown;
}

/** Valid requests of every operation, each as likely as the others. */
export function draftOf({ operations, resolve }: ApiDocument): Arbitrary<Draft> {
  return fc.oneof(...operations.map((operation) => operationDraft(operation, resolve)));
}

function operationDraft(operation: Operation, resolve: ApiDocument['resolve']): Arbitrary<Draft> {
  const values = (place: Parameter['in']) => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place);
    const entries = parameters.map(
      (parameter) => [parameter.name, parameterValue(parameter, operation, resolve)] as const,
    );
    const requiredKeys = parameters.filter(({ required }) => required).map(({ name }) => name);
    return fc.record(Object.fromEntries(entries), { requiredKeys, noNullPrototype: true });
  };
  const { body } = operation;
  const bodies = [
    ...(body ? [valueOf(body.schema, resolve).filter((value) => body.judge(value) !== 'invalid')] : []),
    ...(body && body.examples.length > 0 ? [fc.constantFrom(...body.examples)] : []),
    ...(body?.required ? [] : [fc.constant(undefined)]),
  ];
  return fc.record({
    operation: fc.constant(operation),
    path: values('path') as Arbitrary<Record<string, string>>,
    query: values('query'),
    headers: values('header') as Arbitrary<Record<string, string>>,
    body: fc.oneof(...bodies),
  });
}

function parameterValue(
  parameter: Parameter,
  operation: Operation,
  resolve: ApiDocument['resolve'],
): Arbitrary<unknown> {
  const { name, schema, judge } = parameter;
  const value = valueOf(schema, resolve, parameter.in === 'path' ? idName(operation.path, name) : name);
  // An empty part of a path is another path.
  if (parameter.in === 'path') return value.filter((text) => text !== '');
  if (parameter.in === 'query') return value;
  // What a header cannot carry is no value of it.
  return value.filter(
    (text) => /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/.test(String(text)) && judge(text) !== 'invalid',
  );
}

/** The name of an id by what it is the id of: `scriptId` for the `id` of `/scripts/{id}`. */
function idName(path: string, name: string): string {
  const collection = new RegExp(`([A-Za-z]+?)s?/\\{${name}\\}`).exec(path)?.[1];
  return name === 'id' && collection !== undefined ? `${collection}Id` : name;
}

/** The draft as a request, with ids that earlier answers have told and the key that admits it. */
export function fillDraft(draft: Draft, ids: KnownIds, key: string): Request {
  const { operation, body } = draft;
  const headers = ids.fill(draft.headers) as Record<string, string>;
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const path = ids.fill(draft.path) as Record<string, string>;
  return {
    operation,
    path: Object.fromEntries(Object.entries(path).map(([name, value]) => [name, encodeURIComponent(value)])),
    query: Object.entries(ids.fill(draft.query) as Record<string, unknown>).map(([name, value]) => [
      name,
      encodeURIComponent(String(value)),
    ]),
    headers: {
      ...Object.fromEntries(lowerCase),
      ...(operation.open ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(ids.fill(body))) }),
  };
}
