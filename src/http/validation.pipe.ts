import { ValidationPipe } from '@nestjs/common';
import { invalidParameters } from '../errors.js';
import { toIssues, VALIDATION } from './validate-body.js';

/** Checks queries and bodies against their DTO classes and names every fault at once. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    ...VALIDATION,
    transform: true,
    exceptionFactory: (errors) => invalidParameters(toIssues(errors)),
  });
}
