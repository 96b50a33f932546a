import type { Issue } from '../errors.js';
import { matches } from './json-schema.js';
import type { JsonSchema, Model, Rule, Values } from './model.js';
import { parameterPath } from './parameters.js';

/** The broken rules, except those about parameters that are at fault already; defaults must have been applied. */
export function ruleIssues(model: Model, parameters: Values, faulty: ReadonlySet<string>): Issue[] {
  return model.rules
    .filter(
      (rule) => !mentions(rule, faulty) && matches(rule.when, parameters) && !matches(rule.must, parameters),
    )
    .map((rule) => ({ path: parameterPath(rule.at), message: rule.message }));
}

function mentions(rule: Rule, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  return [...parametersIn(rule.when), ...parametersIn(rule.must)].some((name) => names.has(name));
}

/** What a client should know about parameters that are allowed but do not do what they seem to. */
export function ruleWarnings(model: Model, parameters: Values, outputSeconds: number | undefined): string[] {
  const values = { ...parameters, outputSeconds };
  return model.warnings
    .filter((warning) => matches(warning.when, parameters))
    .map((warning) => fillIn(warning.message, values));
}

/** Replaces each `{name}` of a message by its value. */
export function fillIn(message: string, values: Values): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : placeholder;
  });
}

/** Names of the parameters that a schema fragment speaks of. */
export function parametersIn(fragment: JsonSchema): string[] {
  const { required = [], properties = {}, not, anyOf = [], allOf = [], oneOf = [] } = fragment;
  const parts = [...anyOf, ...allOf, ...oneOf, ...(not === undefined ? [] : [not])];
  return [...new Set([...required, ...Object.keys(properties), ...parts.flatMap(parametersIn)])];
}
