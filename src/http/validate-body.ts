import { validateSync, type ValidationError, type ValidatorOptions } from 'class-validator';
import type { Issue } from '../errors.js';

/** Unknown fields are faults, never dropped silently. */
export const VALIDATION: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
};

/** All faults of a flat body against its DTO class; none when it is valid. */
export function bodyIssues(dto: new () => object, body: unknown): Issue[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return [{ path: '', message: 'the body must be a JSON object' }];
  }
  return toIssues(validateSync(Object.assign(new dto(), body), VALIDATION));
}

/** Flattens class-validator's errors to one issue a fault, with the path from the body's root. */
export function toIssues(errors: ValidationError[], prefix = ''): Issue[] {
  return errors.flatMap((error) => {
    const path = `${prefix}${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      path,
      message: rule === 'whitelistValidation' ? `${path} is not a known field: remove it` : message,
    }));
    return [...own, ...toIssues(error.children ?? [], `${path}.`)];
  });
}
