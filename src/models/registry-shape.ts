import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { compileSchema } from './json-schema.js';
import type { JsonSchema } from './model.js';

/** What is wrong at one place of a registry; `path` leads there from the root, `["image", "sdxl", "pricing"]`. */
export interface ShapeFault {
  path: string[];
  message: string;
}

/** What is wrong with the shape of a registry by config/models.schema.json, each fault once. */
export function shapeFaults(document: unknown): ShapeFault[] {
  const validate = compileSchema(registrySchema());
  if (validate(document)) return [];
  const told = (validate.errors ?? []).filter((error) => error.keyword !== 'if');
  const faults = told.map((error) => ({ path: pathOf(error), message: describe(error) }));
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}

let schema: JsonSchema | undefined;

// config/ stands beside src/ in the sources and beside dist/ once built.
function registrySchema(): JsonSchema {
  if (schema === undefined) {
    const files = ['../..', '../../..'].map((root) =>
      join(import.meta.dirname, root, 'config/models.schema.json'),
    );
    const file = files.find((candidate) => existsSync(candidate)) ?? files[0]!;
    schema = JSON.parse(readFileSync(file, 'utf8')) as JsonSchema;
  }
  return schema;
}

/** Where a fault lies; a field that is missing, unknown or badly named is itself the last step. */
function pathOf({ instancePath, params, propertyName }: ErrorObject): string[] {
  const steps = instancePath.split('/').slice(1).map(unescaped);
  const field = (params.missingProperty ??
    params.additionalProperty ??
    params.propertyName ??
    propertyName) as string | undefined;
  return field === undefined ? steps : [...steps, field];
}

/** A step of a JSON Pointer as it was (RFC 6901). */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function describe(error: ErrorObject): string {
  const place = error.instancePath.slice(1).replaceAll('/', '.') || 'the registry';
  switch (error.keyword) {
    case 'required':
      return `${place}: "${error.params.missingProperty}" is missing`;
    case 'additionalProperties':
      return `${place}: "${error.params.additionalProperty}" is not known here`;
    case 'enum':
      return `${place}: must be one of ${(error.params.allowedValues as unknown[]).join(', ')}`;
    case 'propertyNames':
      return `${place}: "${error.params.propertyName}" is not a valid name`;
    default:
      return `${place}: ${error.message}`;
  }
}
