import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { invalidParameters, type Issue } from '../errors.js';

type Dto = new () => object;

const MOST_NAME_CHARACTERS = 64;
/** Decorators have spoken by the time a class is asked for; to gather what they said costs as much as to check a body. */
const fieldsOf = new WeakMap<Dto, ReadonlySet<string>>();
const NO_OBJECT: Issue = { path: '', message: 'the body must be a JSON object' };

/** All faults of a flat body against its DTO class, unknown fields among them; none when it is valid. */
export function bodyIssues(dto: Dto, body: unknown): Issue[] {
  if (!isRecord(body)) return [NO_OBJECT];
  const { known, issues } = sortFields(dto, body);
  return [...valueIssues(Object.assign(new dto(), known)), ...issues];
}

/** Throws `invalid_parameters` for a body that holds anything, where a route takes none. */
export function refuseFields(body: unknown): void {
  if (body === undefined) return;
  const issues = isRecord(body) ? unknownFields(body, new Set()) : [NO_OBJECT];
  if (issues.length > 0) throw invalidParameters(issues);
}

/**
 * The values of the fields that a DTO class declares, and an issue for each other field. Only the first may come near an
 * object of the class: others may be named like its parts, such as `constructor`.
 */
export function sortFields(dto: Dto, values: object): { known: object; issues: Issue[] } {
  const declared = declaredFields(dto);
  const known = Object.entries(values).filter(([name]) => declared.has(name));
  return { known: Object.fromEntries(known), issues: unknownFields(values, declared) };
}

/** The fields of a DTO class and of those it extends; none for any other class. */
export function declaredFields(dto: Dto): ReadonlySet<string> {
  const known = fieldsOf.get(dto);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const fields = new Set(rules.map(({ propertyName }) => propertyName));
  fieldsOf.set(dto, fields);
  return fields;
}

/** One issue for each field of a DTO object whose value is at fault. */
export function valueIssues(values: object): Issue[] {
  return toIssues(validateSync(values, { forbidUnknownValues: true, stopAtFirstError: true }));
}

function unknownFields(values: object, known: ReadonlySet<string>): Issue[] {
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  return unknown.map((name) => {
    const path = name.slice(0, MOST_NAME_CHARACTERS);
    return { path, message: `${path} is not a known field: remove it` };
  });
}

/** Flattens class-validator's errors to one issue a fault, with the path from the root. */
function toIssues(errors: ValidationError[], prefix = ''): Issue[] {
  return errors.flatMap((error) => {
    const path = `${prefix}${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...toIssues(error.children ?? [], `${path}.`)];
  });
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
