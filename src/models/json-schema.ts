import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from './model.js';

const maxUrlLength = 2048;

// strictTypes and strictRequired would refuse the fragments that rules consist of; unknown keywords stay refused.
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  validateFormats: true,
  verbose: true,
});
ajv.addFormat('uri', isHttpsUrl);
ajv.addFormat('date', /^\d{4}-\d{2}-\d{2}$/);

/** An absolute https URL without user name or password, of at most 2048 characters. */
export function isHttpsUrl(text: string): boolean {
  if (text.length > maxUrlLength || !/^https:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '' && url.hostname !== '';
}

/** Compiles a schema, once per schema object; throws when it is not valid JSON Schema 2020-12. */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  return ajv.compile(schema);
}

/** Whether a value matches a schema or a fragment of one. */
export function matches(schema: JsonSchema, value: unknown): boolean {
  return compileSchema(schema)(value);
}
