import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { compileSchema } from './json-schema.js';
import type { JsonSchema } from './model.js';

/** What is wrong with the shape of a registry by config/models.schema.json, one line a fault. */
export function shapeFaults(document: unknown): string[] {
  const validate = compileSchema(registrySchema());
  if (validate(document)) return [];
  const told = (validate.errors ?? []).filter((error) => error.keyword !== 'if');
  return [...new Set(told.map(describe))];
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
