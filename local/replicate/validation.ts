import type { InvalidField } from './errors.js';
import { invalidInput } from './errors.js';
import type { InputProperty, InputSchema } from './model.js';

export const webhookEvents = ['start', 'output', 'logs', 'completed'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** A create body after validation. */
export interface CreateBody {
  version?: string;
  input: Record<string, unknown>;
  webhook?: string;
  webhook_events_filter?: WebhookEvent[];
}

const bodySchema: InputSchema = {
  required: ['input'],
  properties: {
    version: { type: 'string' },
    input: { type: 'object' },
    webhook: { type: 'string', format: 'uri' },
    webhook_events_filter: { type: 'array', items: { type: 'string', enum: [...webhookEvents] } },
    stream: { type: 'boolean' },
  },
};

/** Throws Replicate's 422; on the official path `version` is not a key of the body, elsewhere it is required. */
export function readCreateBody(body: unknown, path: 'official' | 'version', allowHttp: boolean): CreateBody {
  if (!isObject(body)) throw invalidInput([wrongType('', 'object', body)]);
  const { version, ...others } = bodySchema.properties;
  const schema =
    path === 'official'
      ? { required: ['input'], properties: others }
      : { required: ['version', 'input'], properties: { version: version as InputProperty, ...others } };
  const faults = [...objectFaults('', schema, body, true), ...webhookFaults(body.webhook, allowHttp)];
  if (faults.length > 0) throw invalidInput(faults);
  return body as unknown as CreateBody;
}

/** Every way in which `input` breaks the model's schema, in the words of the validator that Replicate uses (gojsonschema). */
export function inputFaults(
  schema: InputSchema,
  input: Record<string, unknown>,
  refuseUnknown: boolean,
): InvalidField[] {
  return objectFaults('input', schema, input, refuseUnknown);
}

/** `input` with the schema's defaults for what was left out. */
export function withDefaults(
  schema: InputSchema | undefined,
  input: Record<string, unknown>,
): Record<string, unknown> {
  const defaults = Object.entries(schema?.properties ?? {})
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]) => [name, property.default]);
  return { ...(Object.fromEntries(defaults) as Record<string, unknown>), ...input };
}

function webhookFaults(webhook: unknown, allowHttp: boolean): InvalidField[] {
  if (typeof webhook !== 'string' || !URL.canParse(webhook)) return [];
  const { protocol } = new URL(webhook);
  if (protocol === 'https:' || (allowHttp && protocol === 'http:')) return [];
  return [{ type: 'format', field: 'webhook', description: 'webhook must be an HTTPS URL' }];
}

function objectFaults(
  path: string,
  schema: InputSchema,
  value: Record<string, unknown>,
  refuseUnknown: boolean,
): InvalidField[] {
  const missing = (schema.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => ({ type: 'required', field: path, description: `${name} is required` }));
  const unknown = Object.keys(value)
    .filter((name) => refuseUnknown && !Object.hasOwn(schema.properties, name))
    .map((name) => ({
      type: 'additional_property_not_allowed',
      field: path,
      description: `Additional property ${name} is not allowed`,
    }));
  const wrong = Object.entries(schema.properties)
    .filter(([name]) => value[name] !== undefined)
    .flatMap(([name, property]) => valueFaults(path ? `${path}.${name}` : name, name, property, value[name]));
  return [...missing, ...unknown, ...wrong];
}

function valueFaults(field: string, name: string, property: InputProperty, value: unknown): InvalidField[] {
  if (property.type && !hasType(property.type, value)) return [wrongType(field, property.type, value)];
  const fault = (type: string, description: string) => [{ type, field, description }];
  if (property.enum && !property.enum.includes(value as string | number)) {
    const allowed = property.enum.map((one) => JSON.stringify(one)).join(', ');
    return fault('enum', `${name} must be one of the following: ${allowed}`);
  }
  if (typeof value === 'number' && property.minimum !== undefined && value < property.minimum) {
    return fault('number_gte', `Must be greater than or equal to ${property.minimum}`);
  }
  if (typeof value === 'number' && property.maximum !== undefined && value > property.maximum) {
    return fault('number_lte', `Must be less than or equal to ${property.maximum}`);
  }
  if (property.format === 'uri' && !URL.canParse(value as string))
    return fault('format', "Does not match format 'uri'");
  return Array.isArray(value) ? arrayFaults(field, name, property, value) : [];
}

function arrayFaults(field: string, name: string, property: InputProperty, value: unknown[]): InvalidField[] {
  if (property.maxItems !== undefined && value.length > property.maxItems) {
    return [
      { type: 'array_max_items', field, description: `Array must have at most ${property.maxItems} items` },
    ];
  }
  const { items } = property;
  return items
    ? value.flatMap((item, index) => valueFaults(`${field}.${index}`, `${name}.${index}`, items, item))
    : [];
}

function wrongType(field: string, expected: string, value: unknown): InvalidField {
  return {
    type: 'invalid_type',
    field,
    description: `Invalid type. Expected: ${expected}, given: ${typeName(value)}`,
  };
}

function hasType(type: string, value: unknown): boolean {
  const given = typeName(value);
  return given === type || (type === 'number' && given === 'integer');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeName(value) === 'object';
}
