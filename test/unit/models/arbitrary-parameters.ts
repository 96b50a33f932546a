import fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import type { JsonSchema, Model, Values } from '../../../src/models/model.js';
import { planFor } from './registry-file.js';

/** Parameters of a model that are valid one by one; rules between them may still be broken. */
export function plausibleParameters(model: Model): fc.Arbitrary<Values> {
  const entries = Object.entries(model.parameters.properties).filter(([name]) => name !== 'prompt');
  const values = Object.fromEntries(entries.map(([name, schema]) => [name, valueOf(schema)]));
  const requiredKeys = model.parameters.required.filter((name) => name !== 'prompt');
  return fc.record(values, { requiredKeys });
}

/** Parameters of a model that a plan accepts. */
export function validParameters(model: Model): fc.Arbitrary<Values> {
  return plausibleParameters(model).filter((parameters) => {
    try {
      planFor(model.modelId, parameters);
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  });
}

function valueOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const { minimum = 0, maximum = 0, multipleOf = 1 } = schema as Record<string, number | undefined>;
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc
        .integer({ min: Math.ceil(minimum / multipleOf), max: Math.floor(maximum / multipleOf) })
        .map((n) => n * multipleOf);
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case 'array':
      return fc.array(valueOf(schema.items as JsonSchema), { maxLength: schema.maxItems as number });
    default:
      return schema.format === 'uri' ? fc.webUrl({ validSchemes: ['https'] }) : fc.string({ maxLength: 50 });
  }
}
