import { isUtf8 } from 'node:buffer';
import { excessOf } from '../../src/http/json-body.js';
import type { Operation, Parameter, Schema, Verdict } from './document.js';
import { MOST_BODY_BYTES, type Request } from './request.js';

/** Judges everything of a request but its key. */
export function judge(request: Request): Verdict {
  const { operation, headers } = request;
  const verdicts: Verdict[] = [
    ...operation.parameters.map((parameter) => parameterVerdict(parameter, valuesOf(parameter, request))),
    ...request.query.map(([name]) => (declares(operation, name) ? ('valid' as const) : ('unsure' as const))),
    headers['content-encoding'] === undefined ? 'valid' : 'unsure',
    bodyVerdict(request),
  ];
  return worst(verdicts);
}

function worst(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('invalid')) return 'invalid';
  return verdicts.includes('unsure') ? 'unsure' : 'valid';
}

function declares({ parameters }: Operation, name: string): boolean {
  return parameters.some((parameter) => parameter.in === 'query' && parameter.name === name);
}

/** The values given for a parameter; undefined for one that cannot be decoded. */
function valuesOf({ name, in: place }: Parameter, { path, query, headers }: Request): (string | undefined)[] {
  switch (place) {
    case 'path':
      return [decoded(path[name] ?? '')];
    case 'query':
      return query.filter(([given]) => given === name).map(([, value]) => decoded(value));
    case 'header':
      return [headers[name.toLowerCase()] ?? []].flat();
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parameterVerdict(parameter: Parameter, values: (string | undefined)[]): Verdict {
  const [value] = values;
  if (values.length === 0) return parameter.required ? 'invalid' : 'valid';
  // Repeated lines of a header, and how a query is decoded, are the framework's to read.
  if (parameter.in === 'header' && values.length > 1) return 'unsure';
  if (parameter.in === 'query' && (value === undefined || value.includes('+'))) return 'unsure';
  if (values.length > 1 || value === undefined) return 'invalid';
  const verdict = parameter.judge(coerced(parameter.schema, value));
  return verdict === 'valid' && !isStorable(value) ? 'unsure' : verdict;
}

/** Text as the value that the schema speaks of. */
function coerced({ type }: Schema, text: string): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function bodyVerdict(request: Request): Verdict {
  const { operation, body = Buffer.alloc(0), headers } = request;
  if (operation.body === undefined) {
    return body.length === 0 && headers['content-type'] === undefined ? 'valid' : 'unsure';
  }
  if (body.length === 0 && !operation.body.required)
    return headers['content-type'] === undefined ? 'valid' : 'unsure';
  if (body.length === 0 || body.length > MOST_BODY_BYTES) return 'invalid';
  const type = [headers['content-type'] ?? ''].flat().join();
  if (!/^application\/json(;|$)/i.test(type)) return 'invalid';
  // A byte order mark may be passed over or refused (RFC 8259, section 8.1).
  if (type.includes(';') || body.toString().startsWith('\ufeff')) return 'unsure';
  if (!isUtf8(body)) return 'invalid';
  return jsonVerdict(body.toString(), operation.body);
}

function jsonVerdict(text: string, { judge: judgeValue }: NonNullable<Operation['body']>): Verdict {
  const value = parsed(text);
  if (value === undefined) return 'invalid';
  if (excessOf(value) !== undefined || !isStorable(text) || /"__proto__"|"constructor"/.test(text))
    return 'unsure';
  return judgeValue(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** No schema tells that a text must be well-formed Unicode without NUL, nor that a number must be finite. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !/\0|\\u0000|\\ud[89a-f]|\d[eE]\+?\d{3}/i.test(text);
}
