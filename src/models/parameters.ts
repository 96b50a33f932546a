import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Issue } from '../errors.js';
import { compileSchema } from './json-schema.js';
import type { JsonSchema, Model, Values } from './model.js';
import { suggestion } from './nearest-name.js';

const maxDepth = 8;
const maxLabelLength = 64;

/** Every fault of the parameters taken one by one, each told once with what would be right. */
export function parameterIssues(model: Model, parameters: Values): Issue[] {
  const issues = new Map<string, Issue>();
  for (const issue of [...unstorableIssues(parameters), ...schemaIssues(model, parameters)]) {
    if (!issues.has(issue.path)) issues.set(issue.path, issue);
  }
  return [...issues.values()];
}

function schemaIssues(model: Model, parameters: Values): Issue[] {
  const validate = compileSchema(model.parameters);
  return validate(parameters) ? [] : (validate.errors ?? []).map((error) => issueOf(model, error));
}

/** Nesting that would exhaust the stack of whoever walks it, and text that no JSON column can hold. */
function unstorableIssues(parameters: Values): Issue[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (typeof value === 'number' || typeof value === 'boolean') return [];
    const label = name.slice(0, maxLabelLength);
    const path = parameterPath(label);
    if (isTooDeep(value))
      return { path, message: `${label} must not be nested deeper than ${maxDepth} levels` };
    if (value === undefined) return [];
    if (typeof value === 'string' ? isStorable(value) : isWellFormed(JSON.stringify(value))) return [];
    return { path, message: `${label} must be well-formed Unicode without NUL characters` };
  });
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

// JSON.stringify escapes NUL and lone surrogates, and doubles every backslash that was there before.
function isWellFormed(json: string): boolean {
  return !/\\u(0000|d[89a-f])/.test(json.replaceAll('\\\\', ''));
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= maxDepth || Object.values(value).some((inner) => isTooDeep(inner, depth + 1));
}

function issueOf(model: Model, error: ErrorObject): Issue {
  const known = model.parameters.properties;
  if (error.instancePath === '') {
    if (error.keyword === 'required') return missingIssue(model, error.params.missingProperty as string);
    return unknownIssue(model, error.params.additionalProperty as string);
  }
  const [name = '', ...inner] = error.instancePath.slice(1).split('/');
  const label = name + inner.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  const schema = inner.length === 0 ? known[name]! : (error.parentSchema as JsonSchema);
  const expected = describeValues(schema);
  const fault = expected === undefined ? String(error.message) : `must be ${expected}`;
  return { path: parameterPath(label), message: `${label} ${fault}${told(schema, error.data)}` };
}

function missingIssue(model: Model, name: string): Issue {
  const expected = describeValues(model.parameters.properties[name] ?? {});
  return {
    path: name === 'prompt' ? 'prompt' : parameterPath(name),
    message: `${model.modelId} needs ${name}${expected ? `: ${expected}` : ''}`,
  };
}

function unknownIssue(model: Model, name: string): Issue {
  if (name === 'prompt') {
    return { path: 'prompt', message: `${model.modelId} takes no prompt: leave it out` };
  }
  const known = Object.keys(model.parameters.properties);
  const shown = name.slice(0, maxLabelLength);
  const hint = suggestion(name, known) || `; it takes ${known.join(', ') || 'none'}`;
  return { path: parameterPath(shown), message: `${shown} is not a parameter of ${model.modelId}${hint}` };
}

/** Where a client finds the fault: the prompt may stand at the top of the body, all else in `parameters`. */
export function parameterPath(label: string): string {
  return label === 'prompt' ? 'prompt' : `parameters.${label}`;
}

/** The values that a schema allows, in words; undefined for a schema with nothing to say. */
export function describeValues(schema: JsonSchema): string | undefined {
  if (Array.isArray(schema.enum))
    return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'array':
      return list(schema);
    case 'string':
      return text(schema);
    default:
      return undefined;
  }
}

function range({ minimum, maximum, multipleOf }: JsonSchema): string {
  const bounds =
    minimum !== undefined && maximum !== undefined
      ? ` from ${minimum} to ${maximum}`
      : minimum !== undefined
        ? ` of at least ${minimum}`
        : maximum !== undefined
          ? ` of at most ${maximum}`
          : '';
  return multipleOf === undefined ? bounds : `${bounds} that is a multiple of ${multipleOf}`;
}

function list({ items, minItems, maxItems }: JsonSchema): string {
  const count = [
    minItems === undefined ? '' : ` at least ${minItems}`,
    maxItems === undefined ? '' : ` at most ${maxItems}`,
  ].filter(Boolean);
  const each = describeValues(items ?? {});
  return `a list of${count.join(' and') || ' any number of'} values${each ? `, each ${each}` : ''}`;
}

function text({ format, minLength, maxLength }: JsonSchema): string | undefined {
  if (format === 'uri')
    return `an https URL of at most ${maxLength ?? 2048} characters without user name or password`;
  if (minLength !== undefined && maxLength !== undefined)
    return `text of ${minLength} to ${maxLength} characters`;
  return maxLength === undefined ? 'text' : `text of at most ${maxLength} characters`;
}

// A refused URL may hold a password, which has no place in an answer or a log.
function told(schema: JsonSchema, value: unknown): string {
  if (schema.format === 'uri') return '';
  const shown = isTooDeep(value) ? undefined : JSON.stringify(value);
  return shown !== undefined && shown.length <= 60 ? ` (got ${shown})` : '';
}
